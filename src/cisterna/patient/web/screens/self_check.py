"""The self-check for the public: what to talk about, and never who is a candidate.

Nothing of it is kept: the answers are in the form alone, and go along only if she asks for a talk.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from cisterna.facts.selfcheck import Ask, SelfCheck
from cisterna.patient.web.words import say

Given = dict[str, tuple[str, ...]]


@require_http_methods(["GET", "POST"])
def self_check(request: HttpRequest) -> HttpResponse:
    """The questions; once they are answered, the lines that the answers lead to."""
    facts = SelfCheck()
    asked, given = facts.questions(), _given(request, facts.questions())
    now = tuple(n for n in facts.findings() if n in request.POST.getlist("now"))
    missing = tuple(q.id for q in asked if not q.many and not given[q.id])
    done = request.method == "POST" and (bool(now) or not missing)
    about = {
        "rows": [(q, given[q.id], request.method == "POST" and q.id in missing) for q in asked],
        "findings": facts.findings(),
        "now": now,
        "done": done,
        "lines": facts.lines(given) if done and not now else (),
        "answers": [f"{name}: {', '.join(v)}" for name, v in given.items() if v],
        "missing": request.method == "POST" and not done,
        "here": "self_check",
    }
    template = "patient/self_check_told.html" if done else "patient/self_check.html"
    return render(request, template, about, status=422 if about["missing"] else 200)


def _given(request: HttpRequest, asked: tuple[Ask, ...]) -> Given:
    """What was chosen, as far as it is an answer; of a question with one answer the first."""
    found: Given = {}
    for q in asked:
        chosen = tuple(a for a in request.POST.getlist(q.id) if a in q.answers)
        found[q.id] = chosen if q.many else chosen[:1]
    return found


def told(answers: list[str]) -> list[str]:
    """Answers that she sends along, as the clinic reads them; what is no answer is left out."""
    known = {q.id: q.answers for q in SelfCheck().questions()}
    lines = []
    for row in answers:
        name, _, chosen = row.partition(": ")
        good = [a for a in chosen.split(", ") if a in known.get(name, ())]
        if good:
            words = ", ".join(say(f"check.answer.{name}.{a}", "en") for a in good)
            lines.append(f"{say(f'check.ask.{name}', 'en')} {words}")
    return lines


urlpatterns = [path("self-check/", self_check, name="self-check")]
