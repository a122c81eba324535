"""What an offer asks whoever books it, and what counts as an answer."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from infra24.availability.json_reader import Problems, Reader, boolean, shown, text
from infra24.errors import InvalidValue, Message, ValidationFailed

KINDS = ("text", "long_text", "choice", "number", "date", "consent", "phone")
_KEYS = ("id", "label", "kind", "required", "choices", "help", "least", "most")
MOST_QUESTIONS = 30


def parse_questions(problems: Problems, document: Any) -> list[dict[str, Any]]:
    """Read the questions of an offer; what is wrong is noted by its path under `questions`."""
    if not isinstance(document, list) or len(document) > MOST_QUESTIONS:
        problems["questions"] = Message("must be a list of at most %(most)s questions", most=MOST_QUESTIONS)
        return []
    found: list[dict[str, Any]] = []
    for number, item in enumerate(document):
        reader = Reader(problems, item, f"questions[{number}]")
        if reader.refused:
            continue
        id_ = reader.take("id", _identifier)
        label = reader.take("label", text, "").strip()
        kind = reader.take("kind", _kind, "text")
        asked = {
            "id": id_ or f"q{number + 1}",
            "label": label,
            "kind": kind,
            "required": reader.take("required", boolean, False),
            "help": reader.take("help", text, ""),
        }
        if not label:
            reader.refuse("label", Message("say what is asked"))
        if asked["id"] in {q["id"] for q in found}:
            reader.refuse("id", Message("%(value)s appears more than once", value=shown(asked["id"])))
        if kind == "choice":
            asked["choices"] = reader.take("choices", _choices, [])
            if not asked["choices"]:
                reader.refuse("choices", Message("list at least two answers to choose from"))
        if kind == "number":
            asked |= {key: reader.take(key, _number) for key in ("least", "most")}
            if None not in (asked["least"], asked["most"]) and asked["least"] > asked["most"]:
                reader.refuse("most", Message("is less than the least"))
        reader.finish(_KEYS)
        found.append(asked)
    return found


def read_answers(questions: Sequence[Mapping[str, Any]], sent: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The answers with the questions as they were asked. Raises ValidationFailed, by `answers.<id>`."""
    problems: Problems = {}
    known = {question["id"] for question in questions}
    for key in sent:
        if key not in known:
            problems[f"answers.{key}"] = Message("is not a question of this offer")
    given: list[dict[str, Any]] = []
    for question in questions:
        try:
            value = _answer(question, sent.get(question["id"]))
        except InvalidValue as error:
            problems[f"answers.{question['id']}"] = error.message
            continue
        if value is not None:
            given.append({"id": question["id"], "label": question["label"], "answer": value})
    if problems:
        raise ValidationFailed(problems)
    return given


def _answer(question: Mapping[str, Any], value: Any) -> Any:
    """One answer as it is kept; None when there is none."""
    kind = question["kind"]
    if kind == "consent":
        agreed = value in (True, "yes", "true", "on")
        if question["required"] and not agreed:
            raise InvalidValue("needs your consent")
        return agreed
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        if question["required"]:
            raise InvalidValue("needs an answer")
        return None
    if kind == "number":
        return _number_between(value, question.get("least"), question.get("most"))
    return _text_answer(question, kind, value)


def _text_answer(question: Mapping[str, Any], kind: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidValue("must be a text")
    if kind == "choice" and value not in question["choices"]:
        raise InvalidValue("must be one of %(known)s", known=", ".join(question["choices"]))
    if kind == "date":
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise InvalidValue("must be a date, written YYYY-MM-DD") from None
    if kind == "phone" and not re.fullmatch(r"\+?[0-9 ()./-]{5,30}", value):
        raise InvalidValue("must be a phone number, such as +1 305 555 0142")
    if len(value) > (2_000 if kind == "long_text" else 200):
        raise InvalidValue("is too long")
    return value


def _number_between(value: Any, least: float | None, most: float | None) -> float:
    try:
        found = float(value)
    except (TypeError, ValueError):
        raise InvalidValue("must be a number") from None
    if found != found or abs(found) > 1e15:
        raise InvalidValue("must be a number")
    if (least is not None and found < least) or (most is not None and found > most):
        if least is not None and most is not None:
            raise InvalidValue(
                "must be at least %(least)s and at most %(most)s", least=f"{least:g}", most=f"{most:g}"
            )
        if least is not None:
            raise InvalidValue("must be at least %(least)s", least=f"{least:g}")
        raise InvalidValue("must be at most %(most)s", most=f"{most:g}")
    return int(found) if found.is_integer() else found


def _identifier(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", value):
        raise InvalidValue("must be a short name in lowercase letters, digits and underscores")
    return value


def _kind(value: Any) -> str:
    if value not in KINDS:
        raise InvalidValue(
            "%(value)s is not a kind of question; known are %(known)s",
            value=shown(value),
            known=", ".join(KINDS),
        )
    return str(value)


def _choices(value: Any) -> list[str]:
    if not isinstance(value, list) or not 2 <= len(value) <= 50 or len(set(map(str, value))) < len(value):
        raise InvalidValue("must be a list of 2 to 50 different texts")
    return [text(item).strip() for item in value]


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15:
        raise InvalidValue("must be a number")
    return value
