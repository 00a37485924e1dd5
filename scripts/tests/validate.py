"""Holds a result against what its platform documents: validate.py PLATFORM FILE

Prints the points that are earned and possible. The status is 1, with a line on standard error for
each fault, if the platform would not take the result as it is meant.
"""

import json
import re
import sys

faults = []


def claim(right, what):
    if not right:
        faults.append(what)
    return right


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_whole(value):
    return isinstance(value, int) and not isinstance(value, bool)


def shape(what, value, required, optional, others=False):
    """Whether an object has these members, of these types, and no others."""
    if not claim(isinstance(value, dict), f"{what} is no object"):
        return
    for name in required:
        claim(name in value, f"{what} has no {name}")
    for name, member in value.items():
        test = {**required, **optional}.get(name)
        if test is None:
            claim(others, f"{what} has a member that is not known: {name}")
        elif callable(test) and not isinstance(test, type):
            claim(test(member), f"{what}: {name} is {member!r:.80}")
        else:
            claim(isinstance(member, test), f"{what}: {name} is {member!r:.80}")


def one_of(*words):
    return lambda value: value in words


def texts(value):
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def matches(pattern):
    return lambda value: isinstance(value, str) and re.search(pattern, value)


# docs/specs.md of gradescope/autograder_samples.

VISIBILITY = one_of("hidden", "after_due_date", "after_published", "visible")
FORMAT = one_of("text", "html", "simple_format", "md", "ansi")


def gradescope(text):
    results = json.loads(text)
    optional = {
        "score": is_number,
        "execution_time": is_number,
        "output": str,
        "output_format": FORMAT,
        "test_output_format": FORMAT,
        "test_name_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": dict,
        "tests": list,
        "leaderboard": list,
    }
    shape("results", results, {}, optional)
    of_test = {
        "score": is_number,
        "max_score": is_number,
        "status": one_of("passed", "failed"),
        "name": str,
        "name_format": FORMAT,
        "number": str,
        "output": lambda value: isinstance(value, str) and "\r" not in value,
        "output_format": FORMAT,
        "tags": texts,
        "visibility": VISIBILITY,
        "extra_data": dict,
    }
    tests = results.get("tests", [])
    for test in tests:
        name = f"test {test.get('number')}"
        shape(name, test, {}, of_test)
        claim(test.get("visibility") != "hidden", f"{name} is hidden, and with it the total")
        if "score" in test:
            claim("max_score" in test, f"{name} has a score of nothing")
            claim(0 <= test["score"] <= test["max_score"], f"{name} has more than all")
            passed = test["score"] == test["max_score"]
            status = "passed" if passed else "failed"
            claim(test.get("status", status) == status, f"{name}: score and status disagree")
    scored = [test for test in tests if "score" in test]
    claim("score" in results or scored, "there is no score anywhere")
    earned = sum(test["score"] for test in scored)
    claim(abs(results.get("score", earned) - earned) < 0.1, "the score is another sum")
    return results.get("score", earned), sum(test["max_score"] for test in scored)


# schemas/result-v1.schema.json of foundation50/classroom50.


def classroom50(text):
    claim(len(text.encode()) <= 10 << 20, "more than 10 MiB")
    result = json.loads(text)
    points = lambda value: is_whole(value) and value >= 0
    required = {
        "schema": one_of("classroom50/result/v1"),
        "classroom": str,
        "assignment": str,
        "assignment_type": one_of("individual", "group"),
        "owner": str,
        "submission": matches(r"^submit/"),
        "commit": str,
        "release": str,
        "review": str,
        "datetime": matches(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z"),
        "score": points,
        "max-score": points,
        "tests": list,
    }
    shape("result", result, required, {"graded_at": str, "submitted_by": dict})
    of_test = {"test-name": str, "passed": bool, "score": points, "max-score": points}
    for test in result["tests"]:
        name = test.get("test-name", "")
        shape(f"test {name}", test, of_test, {}, others=True)
        claim(len(name.encode()) <= 100, f"the name is longer than 100 bytes: {name}")
        claim(test["score"] <= test["max-score"], f"{name} has more than all")
        lines = str(test.get("output", "")).splitlines()
        claim(not any(line.startswith("::") for line in lines), f"{name} gives commands")
    for member in ("score", "max-score"):
        total = sum(test[member] for test in result["tests"])
        claim(result[member] == total, f"{member} is not the sum: {total}")
    claim(result["score"] <= result["max-score"], "more than all points")
    return result["score"], result["max-score"]


# app/helpers/assessment_autograde_core.rb of autolab/Autolab.


def autolab(text):
    claim(len(text.encode()) <= 1000 * 1024, "more than 1000 KiB: the middle is cut")
    lines = text.rstrip().split("\n")

    def read(line):
        try:
            return json.loads(re.sub(r"([a-zA-Z0-9]+):", r'"\1":', line))
        except ValueError as error:
            claim(False, f"the line cannot be read: {error}: {line:.80}")
            return {}

    scores = read(lines[-1])
    shape("the last line", scores, {"scores": dict}, {"scoreboard": list})
    earned = list(scores.get("scores", {}).values())
    claim(all(is_number(one) for one in earned), f"a score is no number: {earned}")
    passed = []
    semantic = read(lines[-2]) if len(lines) > 1 and lines[-2].startswith("{") else {}
    if semantic:
        stages = semantic.get("stages", [])
        required = {"_presentation": one_of("semantic"), "stages": texts}
        shape("the line before it", semantic, required, {name: dict for name in stages})
        for stage in stages:
            for name, test in semantic.get(stage, {}).items():
                shape(f"{stage}, {name}", test, {"passed": bool}, {"hint": str})
                passed.append(test.get("passed") is True)
    # What is possible stands in the assessment: one point a test, unless it says otherwise.
    return sum(earned), len(passed)


# docs/externalGrading.md of PrairieLearn/PrairieLearn.


def prairielearn(text):
    claim(len(text.encode()) <= 1 << 20, "more than 1 MiB: the result is discarded")
    results = json.loads(text)
    optional = {
        "gradable": bool,
        "score": lambda value: is_number(value) and 0 <= value <= 1,
        "format_errors": lambda value: isinstance(value, str) or texts(value),
        "message": str,
        "output": str,
        "images": list,
        "tests": list,
    }
    shape("results", results, {}, optional)
    if results.get("gradable") is False:
        claim(results.get("format_errors"), "it does not say why it cannot be graded")
        return 0, 0
    claim("score" in results, "there is no score")
    of_test = {
        "name": str,
        "description": str,
        "points": is_number,
        "max_points": is_number,
        "message": str,
        "output": str,
        "images": list,
    }
    tests = results.get("tests", [])
    for test in tests:
        name = test.get("name")
        shape(f"test {name}", test, {"name": str}, of_test)
        both = "points" in test and "max_points" in test
        if claim(both, f"{name} has no points: those of all tests are not shown"):
            claim(0 <= test["points"] <= test["max_points"], f"{name} has more than all")
    earned = sum(test.get("points", 0) for test in tests)
    possible = sum(test.get("max_points", 0) for test in tests)
    share = earned / possible if possible else 0
    claim(abs(results.get("score", 0) - share) < 0.01, f"the score is not {share}")
    return earned, possible


def main(platform, file):
    with open(file, encoding="utf-8", newline="") as opened:
        text = opened.read()
    check = {one.__name__: one for one in (gradescope, classroom50, autolab, prairielearn)}[platform]
    try:
        earned, possible = check(text)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        claim(False, f"it cannot be read: {error!r}")
        earned, possible = 0, 0
    for fault in faults:
        print(f"{file}: {fault}", file=sys.stderr)
    print(f"{earned:g} {possible:g}")
    sys.exit(1 if faults else 0)


main(*sys.argv[1:])
