"""WebVTT and SRT."""

from __future__ import annotations

import pytest

from cvi.errors import BadInput
from cvi.ingest.subtitles import guess_roles


def vtt(*cues: tuple[str, str, str]) -> str:
    return "WEBVTT\n\n" + "".join(f"{a} --> {b}\n{text}\n\n" for a, b, text in cues)


CALL = vtt(
    ("00:01.000", "00:02.000", "<v AI>Hello &amp; <b>welcome</b>.</v>"),
    ("00:02.300", "00:04.000", "<v AI>How are you?"),
    ("00:04.500", "00:06.000", "<v.loud Customer>Fine."),
    ("00:06.600", "00:07.000", "<v Customer>Thanks."),
)


def test_voices_become_turns_with_times(read) -> None:
    found = read(CALL, "call.vtt")
    assert found.problems == []
    assert found.rows() == [
        {
            "role": "assistant",
            "content": "Hello & welcome. How are you?",
            "speaker": "AI",
            "seconds_from_start": 1.0,
            "duration": 3.0,
        },
        {
            "role": "user",
            "content": "Fine.",
            "speaker": "Customer",
            "seconds_from_start": 4.5,
            "duration": 1.5,
        },
        {
            "role": "user",
            "content": "Thanks.",
            "speaker": "Customer",
            "seconds_from_start": 6.6,
            "duration": 0.4,
        },
    ]
    about = found.about()
    assert (about["title"], about["duration_s"]) == ("call", 7.0)


def test_srt_with_names_before_the_text(read) -> None:
    text = (
        "1\r\n00:00:01,000 --> 00:00:02,000\r\nAnn Lee: Hi\r\nthere.\r\n\r\n"
        "2\r\n00:00:03,000 --> 00:00:04,000\r\nMentor: Welcome.\r\nAnn Lee: Thanks.\r\n\r\n"
        "3\r\n00:00:05,000 --> 00:00:06,000\r\nSee https://example.test now.\r\n"
    )
    rows = read(text, "call.srt").rows()
    assert [(row["speaker"], row["role"], row["content"]) for row in rows] == [
        ("Ann Lee", "user", "Hi there."),
        ("Mentor", "assistant", "Welcome."),
        ("Ann Lee", "user", "Thanks."),
        ("Ann Lee", "user", "See https://example.test now."),
    ]
    assert rows[1]["duration"] + rows[2]["duration"] == pytest.approx(1.0)


def test_several_voices_in_one_cue_share_its_time(read) -> None:
    text = vtt(("00:00.000", "00:10.000", "<v User>aaaa</v> <v AI>bbbbbb</v>"))
    rows = read(text, "call.vtt").rows()
    assert [(r["seconds_from_start"], r["duration"]) for r in rows] == [(0.0, 4.0), (4.0, 6.0)]


GUESSES = [
    (["Ann", "Imogen"], {}, {"Ann": "user", "Imogen": "assistant"}, ("Ann", "Imogen")),
    (["AI mentor", "Ann"], {}, {"AI mentor": "assistant", "Ann": "user"}, ("Ann",)),
    (["Host", "Agent 7"], {}, {"Host": "user", "Agent 7": "assistant"}, ()),
    (["Ann", "Bo"], {"ann": "assistant"}, {"Ann": "assistant", "Bo": "user"}, ("Bo",)),
    (["Ann", "Bo", "Cy"], {}, {"Ann": "user", "Bo": "assistant"}, ("Ann", "Bo")),
    ([""], {"": "user"}, {"": "user"}, ()),
    ([""], {}, {}, ()),
]


@pytest.mark.parametrize(("names", "given", "roles", "guessed"), GUESSES)
def test_who_is_who(names, given, roles, guessed) -> None:
    assert guess_roles(names, given) == (roles, guessed)


def test_a_guess_is_reported_and_can_be_corrected(read) -> None:
    text = CALL.replace("AI", "Imogen").replace("Customer", "Ann")
    guess = read(text, "call.vtt")
    assert "Imogen = user" in guess.problems[0].what
    right = read(text, "call.vtt", roles={"Imogen": "assistant", "Ann": "user"})
    assert right.problems == []
    assert right.rows()[0]["role"] == "assistant"
    assert right.ids == guess.ids


def test_a_third_speaker_keeps_the_name_as_role(read) -> None:
    cues = [(f"00:0{n}.000", f"00:0{n}.900", f"<v {name}>hi") for n, name in enumerate("ABC")]
    assert read(vtt(*cues), "call.vtt").rows()[2]["role"] == "C"


def test_captions_without_names_have_no_sides(read) -> None:
    found = read(vtt(("00:01.000", "00:02.000", "hello")), "call.vtt")
    assert "no cue names a speaker" in found.problems[0].what
    assert found.rows()[0]["role"] == "unknown"


def test_unreadable_cues_are_counted(read) -> None:
    text = CALL + "soon --> later\nx\n\n00:20.000 --> 00:19.000\n<v AI>backwards\n"
    found = read(text, "call.vtt")
    assert "1 cues could not be read" in found.problems[0].what
    assert found.rows()[-1]["duration"] == 0


@pytest.mark.parametrize("text", ["WEBVTT\n\n", "WEBVTT"])
def test_a_file_without_cues_has_no_turns(read, text) -> None:
    assert read(text, "call.vtt").rows() == []


def test_what_is_no_subtitle_file_is_refused(read) -> None:
    with pytest.raises(BadInput, match="no readable subtitles"):
        read("hello\nworld\n", "call.vtt")
