"""Messages however the network cuts them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencers.images.budget import protocol

MESSAGES = st.lists(
    st.dictionaries(st.text(max_size=5), st.integers() | st.text() | st.none()), max_size=5
)


@given(MESSAGES, st.lists(st.integers(1, 40)))
def test_messages_arrive_whole_and_in_order(
    messages: list[protocol.Message], cuts: list[int]
) -> None:
    data = b"".join(protocol.frame(message) for message in messages)
    inbox, heard = protocol.Inbox(), []
    for cut in cuts:
        heard += inbox.feed(data[:cut])
        data = data[cut:]
    heard += inbox.feed(data)
    assert heard == messages


@pytest.mark.parametrize("body", [b"{", b"[1]", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(protocol.WireError):
        protocol.Inbox().feed(len(body).to_bytes(4, "big") + body)


def test_a_long_message_is_refused_before_it_is_read() -> None:
    with pytest.raises(protocol.WireError, match="2000 bytes"):
        protocol.Inbox(max_bytes=1000).feed((2000).to_bytes(4, "big"))


def test_a_proof_holds_for_one_side_one_secret_and_one_connection() -> None:
    said = {"proof": protocol.proof(b"secret", "client", "n1", "n2")}
    assert protocol.proves(said, b"secret", "client", "n1", "n2")
    assert not protocol.proves(said, b"secret", "server", "n1", "n2")
    assert not protocol.proves(said, b"another", "client", "n1", "n2")
    assert not protocol.proves(said, b"secret", "client", "n3", "n2")
    assert not protocol.proves({"proof": None}, b"secret", "client", "n1", "n2")
    assert not protocol.proves({"proof": "é"}, b"secret", "client", "n1", "n2")
