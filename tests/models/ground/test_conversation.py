import pytest

from models.ground.conversation import HIGH_WATER, Conversation, Dialogue


class Parrot(Conversation):
    """Owe what is received; end at the end of input."""

    def receive(self, data: bytes) -> None:
        if data:
            self.say(data)
        else:
            self.end()


class Counter(Dialogue):
    """Owe as many bytes as each byte received says in kibibytes; 0 asks for nothing, 255 says goodbye."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = b""
        self.answered = 0

    def feed(self, data: bytes) -> None:
        self.waiting += data

    def answer(self) -> bytes | None:
        if not self.waiting:
            return None
        request, self.waiting = self.waiting[0], self.waiting[1:]
        self.answered += 1
        if request == 255:
            self.end()
            return b"bye"
        return b"x" * (request * 1024)


@pytest.fixture(params=[Parrot, Counter])
def conversation(request: pytest.FixtureRequest) -> Conversation:
    made: Conversation = request.param()
    return made


def test_a_new_conversation_listens_and_owes_nothing(conversation: Conversation) -> None:
    assert conversation.unsent == b""
    assert conversation.wants_input
    assert not conversation.finished
    assert conversation.deadline is None


def test_the_end_of_input_ends_a_conversation_that_owes_nothing(conversation: Conversation) -> None:
    conversation.receive(b"")
    assert conversation.finished
    assert not conversation.wants_input


def test_ending_forgets_the_deadline(conversation: Conversation) -> None:
    conversation.deadline = 1.0
    conversation.end()
    assert conversation.deadline is None


def test_what_the_kernel_took_is_forgotten_and_the_rest_is_owed() -> None:
    parrot = Parrot()
    parrot.say(b"hello")
    parrot.say(b" world")
    parrot.sent(3)
    assert parrot.unsent == b"lo world"
    parrot.sent(0)
    assert parrot.unsent == b"lo world"
    parrot.sent(8)
    assert parrot.unsent == b""
    assert not parrot.finished


def test_the_last_words_are_sent_before_it_is_finished() -> None:
    parrot = Parrot()
    parrot.say(b"last")
    parrot.end()
    assert (parrot.finished, parrot.wants_input) == (False, False)
    parrot.sent(3)
    assert (parrot.finished, parrot.wants_input) == (False, False)
    parrot.sent(1)
    assert (parrot.finished, parrot.wants_input) == (True, False)


def test_input_stops_above_the_high_water_mark_and_resumes_at_it() -> None:
    parrot = Parrot()
    parrot.say(b"x" * HIGH_WATER)
    assert parrot.wants_input
    parrot.say(b"xx")
    assert not parrot.wants_input
    parrot.sent(1)
    assert not parrot.wants_input
    parrot.sent(1)
    assert parrot.wants_input


def test_a_dialogue_answers_every_request_of_a_chunk() -> None:
    dialogue = Counter()
    dialogue.receive(bytes([1, 0, 2]))
    assert len(dialogue.unsent) == 3 * 1024
    assert dialogue.wants_input


def test_a_dialogue_stops_answering_at_the_high_water_mark() -> None:
    dialogue = Counter()
    dialogue.receive(bytes([40]) * 10)
    assert dialogue.answered == 2
    assert len(dialogue.unsent) == 80 * 1024
    assert not dialogue.wants_input
    dialogue.sent(15 * 1024)
    assert dialogue.answered == 2
    dialogue.sent(1024)
    assert dialogue.answered == 3
    assert not dialogue.wants_input


def test_a_dialogue_answers_what_it_has_before_it_wants_more() -> None:
    dialogue = Counter()
    dialogue.receive(bytes([40]) * 10)
    total = 0
    while not dialogue.wants_input:
        assert len(dialogue.unsent) <= HIGH_WATER + 40 * 1024
        total += len(dialogue.unsent)
        dialogue.sent(len(dialogue.unsent))
    assert (dialogue.answered, total) == (10, 400 * 1024)


def test_a_dialogue_answers_what_it_has_after_the_end_of_input() -> None:
    dialogue = Counter()
    dialogue.receive(bytes([40]) * 5)
    dialogue.receive(b"")
    assert not dialogue.wants_input
    total = 0
    while not dialogue.finished:
        assert not dialogue.wants_input
        total += len(dialogue.unsent)
        dialogue.sent(len(dialogue.unsent))
    assert total == 200 * 1024


def test_a_dialogue_that_ends_itself_says_its_last_reply_and_no_other() -> None:
    dialogue = Counter()
    dialogue.receive(bytes([1, 255, 1]))
    assert dialogue.unsent == b"x" * 1024 + b"bye"
    assert (dialogue.wants_input, dialogue.finished) == (False, False)
    dialogue.sent(1024)
    assert not dialogue.finished
    dialogue.sent(3)
    assert dialogue.finished
    assert dialogue.answered == 2
