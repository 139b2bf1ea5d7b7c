import uuid

import pytest

from apps.api.position import BadPosition, Position

ID = uuid.UUID(int=7)
NOT_POSITIONS = {
    "a word": "newest",
    "negative": "-1",
    "a fraction": "1.5",
    "space": " 12",
    "line end": "12\n",
    "other digits": "१२",
    "too far": "9" * 19,
    "no offset": f"12,{ID}",
    "no rev": f",{ID}=3",
    "negative offset": f"12,{ID}=-3",
    "no id": "12,message=3",
    "upper case": f"12,{str(uuid.UUID(int=2**127)).upper().replace('8', 'A')}=3",
    "comma behind": "12,",
    "very many": "12" + f",{ID}=3" * 65,
    "very long": "1" * 1_000_000,
}


@pytest.mark.parametrize("position", [Position(), Position(0), Position(12, {ID: 345, uuid.UUID(int=8): 0})])
def test_it_comes_back_as_it_was_said(position):
    assert Position.parse(str(position)) == position


def test_it_is_spelled_as_the_documents_say():
    assert str(Position(12, {ID: 345})) == f"12,{ID}=345"


@pytest.mark.parametrize("text", NOT_POSITIONS.values(), ids=NOT_POSITIONS)
def test_anything_else_is_no_position(text):
    with pytest.raises(BadPosition):
        Position.parse(text)
