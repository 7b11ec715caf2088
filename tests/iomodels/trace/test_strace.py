from iomodels.trace.strace import Call, Record, Signal, read


def traced(text: str) -> Record:
    """The record of lines without their indentation."""
    return read(line.strip() for line in text.strip().splitlines())


def only(text: str) -> Call:
    (call,) = traced(text).calls
    return call


def test_a_call_on_one_line() -> None:
    call = only('7  1700000000.000250 recvfrom(6<socket:[31]>, "hello\\n", 65536, 0, NULL, NULL) = 6 <0.000012>')
    assert (call.thread, call.began, call.took) == (7, 1_700_000_000_000_250, 12)
    assert (call.name, call.arguments) == ("recvfrom", '6<socket:[31]>, "hello\\n", 65536, 0, NULL, NULL')
    assert (call.result, call.error) == ("6", "")


def test_a_result_with_a_comment_and_arguments_with_an_equals_sign() -> None:
    call = only("7  1.000000 pselect6(5, [4], NULL, NULL, {tv_sec=1}, NULL) = 1 (in [4], left {tv_sec=0}) <0.100000>")
    assert (call.result, call.took) == ("1 (in [4], left {tv_sec=0})", 100_000)
    call = only('7  1.000000 write(1, "f(x) = 2 <0.000001>", 19) = 19 <0.000009>')
    assert (call.arguments, call.result, call.took) == ('1, "f(x) = 2 <0.000001>", 19', "19", 9)


def test_an_error_is_known_by_its_name() -> None:
    call = only("7  1.000000 accept4(3, 0x7f, [16], 0) = -1 EAGAIN (Resource temporarily unavailable) <0.000017>")
    assert call.error == "EAGAIN"


def test_a_call_without_arguments_is_padded() -> None:
    assert only("7  1.000000 getpid()        = 8001 <0.000009>").result == "8001"


def test_a_call_that_sleeps_while_others_are_traced_takes_two_lines() -> None:
    record = traced(
        """
        7  1.000000 recvfrom(6<socket:[31]>,  <unfinished ...>
        8  1.000100 getpid() = 7 <0.000009>
        7  1.250000 <... recvfrom resumed>"hello", 65536, 0, NULL, NULL) = 5 <0.249990>
        """
    )
    call = record.calls[0]
    assert (call.name, call.arguments) == ("recvfrom", '6<socket:[31]>, "hello", 65536, 0, NULL, NULL')
    assert (call.began, call.took, call.result) == (1_000_000, 249_990, "5")
    assert [call.thread for call in record.calls] == [7, 8]


def test_a_call_that_had_begun_before_the_trace_is_passed_over() -> None:
    assert traced("7  1.000000 <... accept4 resumed>0x7f, [16], 0) = 6 <0.000009>").calls == []


def test_a_call_that_never_returns_has_no_time() -> None:
    call = only("7  1.000000 accept4(3<socket:[30]>,  <unfinished ...>")
    assert (call.took, call.result) == (None, "?")
    assert only("7  1.000000 accept4(3<socket:[30]>,  <unfinished ...>) = ?").took is None


def test_a_call_ends_with_its_thread() -> None:
    record = traced(
        """
        7  1.000000 exit(0)                 = ?
        8  1.000000 accept4(3<socket:[30]>,  <unfinished ...>) = ?
        7  1.000040 +++ exited with 0 +++
        8  1.000050 +++ killed by SIGKILL +++
        """
    )
    assert [call.took for call in record.calls] == [40, 50]


def test_an_interrupted_call_is_made_again_under_its_own_name() -> None:
    record = traced(
        """
        7  1.000000 poll([{fd=3}], 1, 500) = ? ERESTART_RESTARTBLOCK (Interrupted by signal) <0.100000>
        7  1.100000 --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=9} ---
        7  1.100010 restart_syscall(<... resuming interrupted poll ...>) = 1 <0.050000>
        """
    )
    assert [(call.name, call.error) for call in record.calls] == [("poll", "ERESTART_RESTARTBLOCK"), ("poll", "")]
    assert record.signals == [Signal(7, 1_100_000, "SIGCHLD")]


def test_threads_and_processes_are_told_apart_by_what_they_share() -> None:
    record = traced(
        """
        7  1.000000 clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = 8 <0.000050>
        7  1.000100 clone(child_stack=NULL, flags=CLONE_CHILD_SETTID|SIGCHLD <unfinished ...>
        9  1.000140 getpid() = 9 <0.000009>
        7  1.000200 <... clone resumed>, child_tidptr=0x7f) = 9 <0.000090>
        """
    )
    assert {number: thread.shares for number, thread in record.threads.items()} == {7: False, 8: True, 9: False}


def test_other_lines_are_passed_over() -> None:
    assert traced("strace: Process 8 attached\n\n7  1.000000 nothing of the kind").calls == []


def test_one_process_needs_no_number() -> None:
    assert only("1.000000 getpid() = 1 <0.000009>").thread == 0
