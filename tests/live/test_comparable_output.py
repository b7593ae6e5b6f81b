"""What of an answer two servers can share."""

from __future__ import annotations

import json

from harness.live.comparable_output import comparable

NAMES = {3: "wide", 12: "late"}


def test_ids_moments_and_order_are_taken_out_of_json() -> None:
    one = {
        "3": {
            "Job_Id": 3,
            "state": "Running",
            "startTime": 1795393405,
            "types": ["b", "a"],
            "array_id": "3",
            "cores": 3,
        },
        "12": {"Job_Id": 12, "stopTime": 0, "message": "R=1", "dependencies": [3]},
    }
    other = {
        "12": {"dependencies": [3], "message": "R=2", "stopTime": 0, "Job_Id": 12},
        "3": {
            "array_id": "3",
            "types": ["a", "b"],
            "startTime": 1795399999,
            "state": "Running",
            "Job_Id": 3,
            "cores": 3,
        },
    }
    first = comparable(json.dumps(one), NAMES, ["message"])
    assert first == comparable(json.dumps(other), NAMES, ["message"])
    assert json.loads(first) == {
        "late": {"Job_Id": "late", "dependencies": ["wide"], "message": "…", "stopTime": 0},
        "wide": {
            "Job_Id": "wide",
            "array_id": "wide",
            "cores": 3,
            "startTime": "MOMENT",
            "state": "Running",
            "types": ["a", "b"],
        },
    }


def test_ids_of_other_servers_become_the_same_names() -> None:
    assert comparable('[{"id": 4}]', {4: "wide"}, []) == comparable('[{"id": "7"}]', {7: "wide"}, [])


def test_what_is_not_set_apart_stays_different() -> None:
    assert comparable('{"state": "Running"}', {}, []) != comparable('{"state": "Waiting"}', {}, [])
    assert comparable('{"start": 0}', {}, []) != comparable('{"start": 1795393405}', {}, []), (
        "whether it started is no moment"
    )


def test_the_last_available_moment_of_all_stays() -> None:
    assert "2147483647" in comparable('{"available_upto": 2147483647}', {}, [])
    assert comparable("until 2147483647, since 1795393405", {}, []) == "until 2147483647, since EPOCH"


def test_text_that_is_no_json_loses_dates_and_what_is_asked_for() -> None:
    text = "job 3 at 2026-11-23 00:47:08   \nR=4,W=1:0:0 (Karma=0.1)\n3"
    assert comparable(text, NAMES, [r"W=\S+"]) == "job 3 at DATE\nR=4,… (Karma=0.1)\n3"
    assert comparable("3", NAMES, []) == "3", "a number alone is text, not data"
