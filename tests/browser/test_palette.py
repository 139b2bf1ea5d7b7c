"""The command palette and the keyboard shortcuts."""

import re

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.support.browser import Person, Tab

pytestmark = pytest.mark.browser

NEW_PAGE = re.compile(r"^https?://[^/]+/$")
MARKED = "[aria-selected='true']"


def begin(tab: Tab, *words: str) -> None:
    """Conversations with these first words, the last of them shown."""
    for said in words:
        tab.page.goto("/")
        tab.send(said).expect_status("complete")
    expect(tab.titles).to_have_count(len(words))


def palette(tab: Tab) -> Locator:
    tab.front()
    tab.page.keyboard.press("Control+k")
    dialog = tab.page.get_by_role("dialog", name="Search and commands")
    expect(dialog.get_by_role("combobox")).to_be_focused()
    return dialog


def option(dialog: Locator, name: str) -> Locator:
    return dialog.get_by_role("option", name=name)


class TestPalette:
    def test_it_opens_a_conversation_found_by_its_title(self, owner: Person) -> None:
        tab = owner.open()
        begin(tab, "/long 3", "/long 4")

        dialog = palette(tab)
        expect(dialog.locator("[aria-labelledby='palette-conversations'] .option-name")).to_have_text(
            ["Long 4", "Long 3"]
        )
        tab.page.keyboard.type("lONG 3")
        expect(dialog.locator(MARKED)).to_contain_text("Long 3")
        tab.page.keyboard.press("Enter")

        expect(tab.page.locator("#title-input")).to_have_value("Long 3")

    def test_arrow_keys_move_what_the_field_names_as_active(self, owner: Person) -> None:
        tab = owner.open()
        dialog = palette(tab)
        marked = dialog.locator(MARKED)
        expect(marked).to_have_text("New conversation")

        tab.page.keyboard.press("ArrowUp")
        expect(marked).to_have_text("Sign out")
        tab.page.keyboard.press("ArrowDown")
        tab.page.keyboard.press("ArrowDown")

        expect(marked).to_have_text("Show or hide the sidebar")
        active = dialog.get_by_role("combobox").get_attribute("aria-activedescendant")
        assert marked.get_attribute("id") == active

    def test_what_the_server_has_found_leaves_the_mark_where_it_was_moved(self, owner: Person) -> None:
        tab = owner.open()
        held: list[Route] = []
        tab.page.route("**/palette/?*", lambda route: held.insert(0, route))
        dialog = palette(tab)
        tab.page.keyboard.press("ArrowUp")
        expect(dialog.locator(MARKED)).to_have_text("Sign out")
        dialog.locator(".option").first.evaluate("(option) => { option.id = 'of-old'; }")

        held[0].continue_()

        expect(dialog.locator("#of-old")).to_have_count(0)
        expect(dialog.locator(MARKED)).to_have_text("Sign out")

    def test_it_says_when_there_is_nothing(self, owner: Person) -> None:
        tab = owner.open()
        dialog = palette(tab)
        tab.page.keyboard.type("nowhere")

        expect(dialog.get_by_text("no conversation, no command")).to_be_visible()
        tab.page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(tab.composer).to_be_focused()

    def test_it_does_things_to_the_shown_conversation(self, owner: Person) -> None:
        tab = owner.open()
        begin(tab, "/long 3")
        for words, heading in (("pin", "Pinned"), ("unpin", "Today")):
            dialog = palette(tab)
            expect(option(dialog, "Archive").first).to_be_visible()
            tab.page.keyboard.type(words)
            expect(dialog.locator(MARKED)).to_have_text(words.capitalize())
            tab.page.keyboard.press("Enter")
            expect(tab.page.locator(".group:visible")).to_have_text([heading])

        dialog = palette(tab)
        option(dialog, "Rename").click()
        expect(tab.page.locator("#title-input")).to_be_focused()
        dialog = palette(tab)
        option(dialog, "Delete").click()

        expect(tab.page.get_by_role("button", name="Undo")).to_be_visible()
        expect(tab.titles).to_have_count(0)

    @pytest.mark.parametrize(
        ("words", "url"),
        [
            ("sign", "/accounts/login/"),
            ("sett", "/settings/"),
            ("archive", "/archive/"),
        ],
    )
    def test_it_leads_everywhere(self, owner: Person, words: str, url: str) -> None:
        tab = owner.open()
        palette(tab)
        tab.page.keyboard.type(words)
        tab.page.keyboard.press("Enter")

        expect(tab.page).to_have_url(re.compile(re.escape(url)))

    def test_it_changes_the_theme_at_once_and_for_good(self, owner: Person) -> None:
        tab = owner.open()
        page = tab.page
        for theme, words in (("dark", "theme dark"), ("light", "theme light")):
            palette(tab)
            page.keyboard.type(words)
            page.keyboard.press("Enter")
            expect(page.locator("html")).to_have_attribute("data-theme", theme)
            expect(page.locator("meta[name=theme-color]")).to_have_count(1)
        page.reload()
        expect(page.locator("html")).to_have_attribute("data-theme", "light")

        palette(tab)
        page.keyboard.type("theme system")
        page.keyboard.press("Enter")

        expect(page.locator("html:not([data-theme])")).to_be_attached()


class TestShortcuts:
    def test_the_sheet_lists_what_there_is_and_can_switch_single_keys_off(self, owner: Person) -> None:
        tab = owner.open()
        tab.page.locator("#messages").focus()
        tab.page.keyboard.press("?")
        sheet = tab.page.get_by_role("dialog", name="Keyboard shortcuts")
        expect(sheet).to_be_visible()
        assert all(
            sheet.locator("dl > div").evaluate_all(
                "(rows) => rows.map((row) => row.querySelector('dd kbd') !== null)"
            )
        )

        sheet.get_by_label("Use these single keys").uncheck()
        tab.page.keyboard.press("Escape")
        tab.page.keyboard.press("?")
        expect(sheet).to_be_hidden()
        tab.page.keyboard.press("Control+/")
        expect(sheet).to_be_visible()

    def test_letters_that_are_written_are_no_shortcuts(self, owner: Person) -> None:
        tab = owner.open()
        tab.composer.press_sequentially("? n m / s")

        expect(tab.composer).to_have_value("? n m / s")
        expect(tab.page.locator("dialog[open]")).to_have_count(0)

    def test_keys_lead_from_the_box_through_the_page_and_back(self, owner: Person) -> None:
        tab = owner.open()
        begin(tab, "/long 3", "/long 4")
        expect(tab.composer).to_be_focused()
        tab.page.keyboard.press("Escape")
        expect(tab.page.locator("#messages")).to_be_focused()
        tab.page.keyboard.press("/")
        expect(tab.page.get_by_label("Search titles")).to_be_focused()
        tab.page.locator("#messages").focus()
        tab.page.keyboard.press("m")
        expect(tab.composer).to_be_focused()

        tab.page.keyboard.press("Alt+ArrowDown")
        expect(tab.page.locator("#title-input")).to_have_value("Long 3")
        tab.page.keyboard.press("Alt+ArrowUp")
        expect(tab.page.locator("#title-input")).to_have_value("Long 4")
        tab.page.keyboard.press("Escape")
        tab.page.keyboard.press("n")
        expect(tab.page).to_have_url(NEW_PAGE)

    def test_escape_stops_the_answer(self, owner: Person) -> None:
        tab = owner.open()
        reply = tab.send("/slow 60")
        reply.expect_status("streaming")

        tab.page.keyboard.press("Escape")

        reply.expect_status("stopped")

    def test_escape_closes_a_menu_and_stops_nothing(self, owner: Person) -> None:
        tab = owner.open()
        reply = tab.send("/slow 60")
        reply.expect_status("streaming")
        tab.page.locator(".account").click()
        expect(tab.page.locator("#account-menu")).to_be_visible()

        tab.page.keyboard.press("Escape")

        expect(tab.page.locator("#account-menu")).to_be_hidden()
        reply.expect_status("streaming")
