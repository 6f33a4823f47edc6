"""What the demo alliance has to tell: series, activities, e-journal issues, a needs survey. All 样例."""

from __future__ import annotations

from models.activities import ActivityKind
from models.messaging import Basis, ContentKind
from models.people import Topic
from models.surveys import QuestionKind

SERIES = (
    ("红色讲坛", ActivityKind.LECTURE),
    ("专题讲座", ActivityKind.LECTURE),
    ("教学沙龙", ActivityKind.SALON),
    ("学术沙龙", ActivityKind.SALON),
    ("前沿研讨会", ActivityKind.SALON),
    ("青蓝讲坛", ActivityKind.SALON),
)

LECTURE = {
    "series": "红色讲坛",
    "series_no": 12,
    "title": "基层治理的制度与方法",
    "speaker": "陈明远",
    "speaker_intro": "苏州市委党校教授，长期研究基层治理。（样例人物）",
    "place": "市委党校报告厅",
    "seats": 300,
    "body_html": "<p>围绕村（社区）治理中的真实案例，讲清制度怎么落地、方法怎么用。</p>"
    "<p>请自带笔记本，停车请走东门。</p>",
}
SALON = {
    "series": "教学沙龙",
    "series_no": 3,
    "title": "新课开发的备课思路与课程结构",
    "speaker": "李文静、周海峰",
    "speaker_intro": "市委党校青年骨干教师。（样例人物）",
    "place": "市委党校二楼研讨室",
    "seats": 40,
    "body_html": "<p>两位青年骨干教师围绕备课思路、课程结构、环节设计现身说法，现场互动。</p>",
}

TODAY = {
    "series": "专题讲座",
    "series_no": 8,
    "title": "今天的样例活动：县域经济形势与对策",
    "speaker": "沈国华",
    "speaker_intro": "市委党校经济学教研室副教授。（样例人物）",
    "place": "市委党校三楼会议厅",
    "seats": 60,
    "body_html": "<p>这场样例活动现在就能开放签到：在“签到”里打开，用沙盒里的手机扫码或输入六位数。</p>",
}
# What the sandbox's phones write, one each: two letters to the staff, four complaints and suggestions.
LETTERS = (
    "想问一下红色讲坛能不能带两位同事一起来听",
    "反馈 讲座安排在周末，镇里的同志更方便参加（样例）",
    "投诉 上次研讨会的报告厅后排听不清，建议加一只音箱（样例）",
    "报名以后临时要下村，名额可以让给同办公室的人吗",
    "建议 期刊能不能多登几篇村级办学的做法（样例）",
    "匿名投诉 食堂午餐排队太久，下午的课来不及（样例）",
)

JOURNALS = (
    ("《党校图书情报》", "苏内准印（样例）001号"),
    ("《前沿观察》", "苏内准印（样例）002号"),
)
ISSUE = {
    "issue_no": "2026年第11期",
    "summary": "本期关注基层治理新经验与县域产业动态。",
    "columns": [
        {
            "name": "最新科研理论成果",
            "articles": [
                {
                    "title": "“小微权力”监督的乡镇样本",
                    "author": "科研科",
                    "body_html": "<p>以两个镇为样本，梳理清单、公开、评议三个环节的做法与不足。</p>",
                    "is_public": False,
                },
                {
                    "title": "村级党校办学的三种模式",
                    "author": "乐余镇党校",
                    "body_html": "<p>村办、联办、镇村共办各有条件，文章比较其师资与经费来源。</p>",
                    "is_public": True,
                },
            ],
        },
        {
            "name": "热点资讯",
            "articles": [
                {
                    "title": "县域数字化转型政策摘编",
                    "author": "图书资料室",
                    "body_html": "<p>汇编近期公开政策要点，供备课参考。</p>",
                    "is_public": False,
                }
            ],
        },
    ],
}

QUESTIONNAIRE = {
    "title": "2027年上半年培训需求征集",
    "intro": "约2分钟，用于编排培训班次和新课。",
    "thanks": "汇总结果将用于明年的班次与新课计划。",
    "is_anonymous": True,
    "questions": [
        {
            "kind": QuestionKind.SINGLE,
            "text": "您最希望参加哪一类专题培训？",
            "options": ["党性教育", "基层治理", "经济金融", "依法行政", "公文写作"],
        },
        {
            "kind": QuestionKind.MULTIPLE,
            "text": "您希望采用哪些教学方式？",
            "options": ["专题讲授", "案例教学", "现场教学", "结构化研讨", "情景模拟"],
            "minimum": 1,
            "maximum": 3,
        },
        {
            "kind": QuestionKind.SINGLE,
            "text": "您希望由哪类教师授课？",
            "options": ["党校教师", "专家学者", "党政领导", "先进典型"],
        },
        {"kind": QuestionKind.NUMBER, "text": "一次培训您认为几天合适？", "minimum": 1, "maximum": 30},
        {
            "kind": QuestionKind.SCALE,
            "text": "您对今年参加的培训总体满意吗？",
            "maximum": 5,
            "low_words": "很不满意",
            "high_words": "非常满意",
        },
        {
            "kind": QuestionKind.SINGLE,
            "text": "您方便在哪个季节参加培训？",
            "options": ["春季", "夏季", "秋季", "冬季"],
        },
        {"kind": QuestionKind.TEXT, "text": "您最想听的一门课是什么？", "is_required": False},
    ],
}

# The logical templates and the sandbox account's templates that carry them.
TEMPLATES = (
    {
        "name": "lecture_opt_in",
        "title": "讲座订阅提醒",
        "template_id": "TPL_LECTURE",
        "basis": Basis.OPT_IN,
        "content_kind": ContentKind.ACTIVITY,
        "topic": Topic.LECTURE,
        "fields": {"thing1": "title", "time2": "starts_at", "thing3": "place", "name4": "speaker"},
    },
    {
        "name": "salon_opt_in",
        "title": "沙龙订阅提醒",
        "template_id": "TPL_SALON",
        "basis": Basis.OPT_IN,
        "content_kind": ContentKind.ACTIVITY,
        "topic": Topic.SALON,
        "fields": {"thing1": "title", "time2": "starts_at", "thing3": "place"},
    },
    {
        "name": "sign_up",
        "title": "活动报名提醒",
        "template_id": "TPL_SIGN_UP",
        "basis": Basis.SIGN_UP,
        "content_kind": ContentKind.ACTIVITY,
        "topic": None,
        "fields": {"thing1": "title", "time2": "starts_at", "thing3": "place"},
    },
    {
        "name": "journal_opt_in",
        "title": "期刊更新提醒",
        "template_id": "TPL_JOURNAL",
        "basis": Basis.OPT_IN,
        "content_kind": ContentKind.E_JOURNAL_ISSUE,
        "topic": Topic.E_JOURNAL,
        "fields": {"thing1": "title", "character_string2": "issue_no", "time3": "published_at"},
    },
)
