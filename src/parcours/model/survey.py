"""What a customer answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from parcours.model.table import table


@table("survey_answers", key=("row_id",), time="at")
@dataclass(frozen=True)
class SurveyAnswer:
    """What a customer answered to a question of a survey."""

    row_id: int
    source: str
    record_id: int | None
    survey_id: str
    question: str
    answer: str | None
    score: float | None
    at: datetime | None
