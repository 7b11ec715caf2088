"""It makes room for the words of a request when their number is announced."""

from tests.broken._talks import Resp, run

CAUGHT_BY = ("resp/nothing-allocated-ahead",)
SERVICE = "resp"


class Broken(Resp):
    def read_request(self) -> list[bytes]:
        if self.first_byte() != b"*":
            return self.read_line()
        words = [b""] * self.read_length(self.most_words)
        for number in range(len(words)):
            words[number] = self.read_word()
        return words


run(Broken)
