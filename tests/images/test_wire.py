"""Messages however the network cuts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencers.images import wire

MESSAGES = st.lists(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text() | st.none()), max_size=5
)


@given(MESSAGES, st.lists(st.integers(1, 40)))
def test_messages_arrive_whole_and_in_order(messages: list[wire.Message], cuts: list[int]) -> None:
    data = b"".join(wire.frame(message) for message in messages)
    inbox, heard = wire.Inbox(), []
    for cut in cuts:
        heard += inbox.feed(data[:cut])
        data = data[cut:]
    heard += inbox.feed(data)
    assert heard == messages


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.Inbox().feed(len(body).to_bytes(4, "big") + body)


def test_a_long_message_is_refused_before_it_is_read() -> None:
    with pytest.raises(wire.WireError, match="2000 bytes"):
        wire.Inbox(max_bytes=1000).feed((2000).to_bytes(4, "big"))


def test_a_proof_holds_for_one_side_one_secret_and_one_connection() -> None:
    said = {"proof": wire.proof(b"secret", "client", "n1", "n2")}
    assert wire.proves(said, b"secret", "client", "n1", "n2")
    assert not wire.proves(said, b"secret", "server", "n1", "n2")
    assert not wire.proves(said, b"another", "client", "n1", "n2")
    assert not wire.proves(said, b"secret", "client", "n3", "n2")
    assert not wire.proves({"proof": None}, b"secret", "client", "n1", "n2")
    assert not wire.proves({"proof": "é"}, b"secret", "client", "n1", "n2")
