"""Words and themes: what was planted is found, names are masked, a lost run is taken up."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

import clock
from models.accounts import AccountRoleKind
from models.survey_analysis import ThemeRunStatus
from models.surveys import Answer, Response
from services.errors import Invalid
from services.roster.workbook import open_workbook
from services.surveys import answers_file, clusters, sheet, themes, words
from tests.factories import make_account, make_person, make_unit
from tests.factories.surveys import free_text, make_questionnaire, single

SHAPES = ("希望讲讲{}，{}也想听", "{}和{}的案例太少", "多安排{}、{}的现场课")
PLANTED = {
    "数字": ("大数据", "人工智能", "数字政府", "办公软件", "数据分析"),
    "乡村": ("乡村振兴", "集体经济", "农村产业", "美丽乡村", "土地流转"),
    "基层": ("矛盾调解", "社区治理", "网格管理", "信访", "物业纠纷"),
}


def planted(number: int) -> tuple[list[str], list[str]]:
    source = random.Random(5)
    texts, truth = [], []
    for _ in range(number):
        topic = source.choice(list(PLANTED))
        texts.append(source.choice(SHAPES).format(*source.sample(PLANTED[topic], 2)))
        truth.append(topic)
    return texts, truth


def test_planted_themes_are_found_and_are_the_same_each_time() -> None:
    texts, truth = planted(240)
    cut = [words.words_of(text) for text in texts]

    found = clusters.themes(cut, least=5)

    assert found == clusters.themes(cut, least=5)
    of_each = [{truth[no] for no in cluster.texts} for cluster in found]
    assert sorted(len(topics) for topics in of_each) == [1, 1, 1]
    assert set.union(*of_each) == set(PLANTED)
    assert sum(len(cluster.texts) for cluster in found) == 240


def test_small_themes_and_what_says_nothing_are_left_over_together() -> None:
    texts, _ = planted(60)
    cut = [words.words_of(text) for text in [*texts, "很好", "无", "暂无意见"]]

    *named, left = clusters.themes(cut, least=5)

    assert left.words == ()
    assert {60, 61, 62} <= set(left.texts)
    assert len(left.texts) >= 5
    assert sum(len(cluster.texts) for cluster in [*named, left]) == 63


def test_names_and_numbers_are_masked() -> None:
    said = "请张建国老师来讲，电话13812345678，微信：zjg_2020，邮箱a.b@example.cn；欧阳修文同志也行"

    hidden = words.masked(said, {"欧阳修文"})

    assert "张*国" in hidden
    assert "138****5678" in hidden
    assert not any(secret in hidden for secret in ("张建国", "13812345678", "zjg_2020", "example"))
    assert words.masked("高质量发展，马上就办") == "高质量发展，马上就办"


@pytest.mark.usefixtures("db", "noon")
def test_a_run_is_asked_for_worked_once_and_done_anew_on_demand() -> None:
    survey = make_questionnaire(single(), free_text())
    unit, account = make_unit(), make_account(AccountRoleKind.SECRETARIAT)
    choice, question = sheet.of(survey.id).questions
    for no, text in enumerate(planted(40)[0]):
        response = Response.create(questionnaire=survey, respondent=f"r{no}", member_unit=unit)
        Answer.create(response=response, question=question.id, text=text)
    with pytest.raises(Invalid):
        themes.ask(survey, choice.id, actor=account)

    run = themes.ask(survey, question.id, actor=account)
    assert themes.due() == [run.id]
    assert themes.work(run.id)
    assert not themes.work(run.id)

    done = themes.of_question(survey, question.id)
    assert done is not None
    assert (done.status, done.texts, done.done_share) == (ThemeRunStatus.DONE, 40, 100)
    found = themes.found(done)
    assert sum(theme.size for theme in found) == 40
    theme, sentences = themes.sentences(done, found[0].no)
    assert tuple(sentences[:3]) == found[0].first
    assert len(sentences) == min(theme.size, themes.SENTENCES_SHOWN)
    assert themes.ask(survey, question.id, actor=account).status is ThemeRunStatus.WAITING


@pytest.mark.usefixtures("db", "noon")
def test_a_name_of_the_alliance_is_no_word_of_a_theme_and_leaves_in_no_file() -> None:
    survey = make_questionnaire(free_text())
    (question,) = sheet.of(survey.id).questions
    name = "门春晖"  # no common surname: only the alliance knows that it is one
    make_person(name=name)
    for no in range(12):
        response = Response.create(questionnaire=survey, respondent=str(no))
        Answer.create(response=response, question=question.id, text=f"请{name}老师讲乡村振兴、集体经济")
    account = make_account(AccountRoleKind.SECRETARIAT)
    run = themes.ask(survey, question.id, actor=account)

    assert themes.work(run.id)

    done = themes.of_question(survey, question.id)
    assert done is not None
    assert done.status is ThemeRunStatus.DONE
    told = [*themes.found(done), *done.keywords, themes.sentences(done, 1)]
    assert "门*晖" in str(told)
    file = open_workbook(answers_file.export(survey, actor=account), "回答.xlsx")
    said = [page.rows for page in file]
    assert "请门*晖老师讲" in str(said)
    assert not any(piece in str([told, said]) for piece in (name, "春晖"))


@pytest.mark.usefixtures("db", "noon")
def test_a_run_whose_worker_was_lost_is_taken_up() -> None:
    survey = make_questionnaire(free_text())
    (question,) = sheet.of(survey.id).questions
    run = themes.ask(survey, question.id, actor=make_account(AccountRoleKind.SECRETARIAT))
    run.status, run.started_at = ThemeRunStatus.RUNNING, clock.utc_now() - themes.RUN_LEASE / 2
    run.save()
    assert not themes.due()

    run.started_at = clock.utc_now() - themes.RUN_LEASE - timedelta(seconds=1)
    run.save()

    assert themes.due() == [run.id]
    assert themes.work(run.id)
