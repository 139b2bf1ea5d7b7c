"""What a model server is asked, in its own words."""

from collections.abc import Collection
from typing import Any

from apps.llm.provider import Request, Turn

GO_ON = (
    "Your last message was cut off. Go on exactly where it ends, in the middle of the word if need be. "
    "Repeat nothing, explain nothing."
)


class Parameters:
    """Of the requests to one gateway: what it refuses is left out from then on."""

    def __init__(self, *, prefill: Collection[str] = ()) -> None:
        self._prefill = prefill
        self._usage_wanted = True
        self._length_parameter = "max_tokens"

    def prefills(self, model_name: str) -> bool:
        """Whether the model continues a begun reply exactly."""
        return names(self._prefill, model_name)

    def completion(self, request: Request) -> dict[str, Any]:
        parameters: dict[str, Any] = {"model": request.model_name, "stream": True}
        if request.max_tokens is not None:
            parameters[self._length_parameter] = request.max_tokens
        if self._usage_wanted:
            parameters["stream_options"] = {"include_usage": True}
        if request.reply_so_far and self.prefills(request.model_name):
            parameters["messages"] = _messages(*request.turns, Turn("assistant", request.reply_so_far))
            parameters["extra_body"] = {"continue_final_message": True, "add_generation_prompt": False}
        else:
            parameters["messages"] = _messages(*request.turns, *_wish_to_go_on(request.reply_so_far))
        return parameters

    def response(self, request: Request) -> dict[str, Any]:
        parameters: dict[str, Any] = {"model": request.model_name, "stream": True}
        if request.max_tokens is not None:
            parameters["max_output_tokens"] = request.max_tokens
        turns = _messages(*request.turns, *_wish_to_go_on(request.reply_so_far))
        return {**parameters, "input": turns, "background": True, "store": True}

    def learn(self, refusal: str, parameters: dict[str, Any]) -> bool:
        """Whether the gateway named a parameter that we can do without, from now on."""
        if "stream_options" in parameters and "stream_options" in refusal:
            self._usage_wanted = False
        elif "max_tokens" in parameters and "max_completion_tokens" in refusal:
            self._length_parameter = "max_completion_tokens"
        else:
            return False
        return True


def names(listed: Collection[str], model_name: str) -> bool:
    """Whether a list of models, in which `*` is all of them, names this one."""
    return "*" in listed or model_name in listed


def _messages(*turns: Turn) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.text} for turn in turns]


def _wish_to_go_on(reply_so_far: str) -> tuple[Turn, ...]:
    return (Turn("assistant", reply_so_far), Turn("user", GO_ON)) if reply_so_far else ()
