"""Pictures of pages for people to look at: by day and by night, at a desk and on a phone."""

import os
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.support.axe import DESK, PHONE
from tests.support.browser import Person, Tab
from tests.support.openai_scripts import END, Script, text
from tests.support.openai_server import OpenAIServer
from tests.support.showpieces import WEEKS

LOOKS = {
    "light": (DESK, "light"),
    "dark": (DESK, "dark"),
    "phone": (PHONE, "light"),
    "phone-dark": (PHONE, "dark"),
}


class Sitting:
    """A person before the camera; the desk comes first and last."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self._folder = Path(os.environ["SCREENSHOTS"])
        self._folder.mkdir(parents=True, exist_ok=True)

    @property
    def page(self) -> Page:
        return self.person.context.pages[-1]

    def open(self, path: str = "/") -> Tab:
        return self.person.open(path)

    def look(self, name: str) -> None:
        size, scheme = LOOKS[name]
        self.page.set_viewport_size(size)
        self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two it names

    def picture(self, name: str, *looks: str) -> None:
        """Take what the newest page shows, in these looks or in all."""
        for look in looks or LOOKS:
            self.look(look)
            self.snap(f"{name}-{look}")
        self.look("light")

    def at(self, width: int, height: int, name: str) -> None:
        """Take it in a window of another size."""
        self.page.set_viewport_size({"width": width, "height": height})
        self.snap(name)
        self.look("light")

    def snap(self, name: str) -> None:
        self.page.evaluate("new Promise((go) => requestAnimationFrame(() => requestAnimationFrame(go)))")
        self.page.screenshot(path=self._folder / f"{name}.png", animations="disabled")


def told(markdown: str) -> list[bytes]:
    """The steps of a model that says this."""
    return [text(piece) for piece in re.findall(r".{1,60}", markdown, re.DOTALL)]


def answered(sitting: Sitting, server: OpenAIServer, question: str, answer: str, title: str) -> Tab:
    """A new conversation with one answer and its title."""
    server.play(Script([*told(answer), *END]), Script([text(title), *END]))
    tab = sitting.open()
    tab.send(question).expect_status("complete")
    expect(tab.page.locator("[aria-current] .conversation-title")).to_have_text(title)
    return tab


def scroll(tab: Tab, to: str) -> None:
    """Bring the first of these to the top."""
    tab.page.locator(to).first.evaluate("(place) => place.scrollIntoView({ block: 'start' })")


def fill(sitting: Sitting) -> None:
    """Give the person weeks of conversations."""
    assert sitting.person.account
    script = WEEKS.format(email=sitting.person.account.email)
    sitting.person.product.manage("shell", "--verbosity", "0", "--command", script)
