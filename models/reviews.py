"""What every review (审核) has in common: three stages (三审) and their outcome."""

from __future__ import annotations

from enum import StrEnum


class ReviewStage(StrEnum):
    REVIEW_1 = "review_1"
    REVIEW_2 = "review_2"
    REVIEW_FINAL = "review_final"


REVIEW_STAGE_WORDS = {
    ReviewStage.REVIEW_1: "初审",
    ReviewStage.REVIEW_2: "复审",
    ReviewStage.REVIEW_FINAL: "终审",
}


class ReviewDecision(StrEnum):
    PASSED = "passed"
    RETURNED = "returned"


REVIEW_DECISION_WORDS = {ReviewDecision.PASSED: "通过", ReviewDecision.RETURNED: "退回"}
