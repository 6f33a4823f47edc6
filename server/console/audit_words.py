"""The audit trail in words: what each recorded act is called, and what its details say."""

from __future__ import annotations

import json
from datetime import datetime

from models.accounts import ACCOUNT_ROLE_WORDS
from models.activities import ACTIVITY_STATUS_WORDS
from models.messaging import CAMPAIGN_STATUS_WORDS, CHANNEL_WORDS, REVIEW_STAGE_WORDS
from models.notices import NOTICE_STATUS_WORDS
from models.people import ROLE_WORDS
from models.publishing import ISSUE_STATUS_WORDS
from models.surveys import QUESTIONNAIRE_STATUS_WORDS
from server.console import words
from server.console.audit_details import DETAIL_WORDS, MOMENTS

ACTION_WORDS = {
    "account.created": "新建账号",
    "account.updated": "修改账号",
    "account.signed_in": "登录",
    "account.signed_out": "退出",
    "account.idle_sign_out": "超时自动退出",
    "account.sign_in_failed": "密码错误",
    "account.locked": "账号锁定",
    "account.unlocked": "解除锁定",
    "account.password_set": "设置密码",
    "account.sessions_ended": "结束全部登录",
    "account.roles_set": "授予或收回角色",
    "account.deactivated": "停用账号",
    "account.reactivated": "启用账号",
    "activity.created": "新建活动",
    "activity.changed": "修改活动",
    "activity.published": "发布活动",
    "activity.cancelled": "取消活动",
    "activity.sign_ups_exported": "导出报名名单",
    "activity.unit_limit_set": "设定单位报名上限",
    "activity.material_added": "上传活动资料",
    "activity.material_changed": "改活动资料的开放范围",
    "activity.material_removed": "删除活动资料",
    "error_word.kept": "登记易错词",
    "error_word.removed": "删除易错词",
    "error_word.imported": "导入易错词",
    "notice_wording.proposed": "改写通知用语",
    "notice_wording.reviewed": "审核通知用语",
    "unit_invitation.sent": "邀请单位",
    "unit_invitation.reminded": "提醒单位报送",
    "unit_invitation.withdrawn": "撤回单位邀请",
    "unit_invitation.named": "报送人员",
    "unit_invitation.unnamed": "移出报送名单",
    "unit_invitation.answered": "报送完毕",
    "unit_invitation.refused": "答复不参加",
    "activity_series.created": "新建活动系列",
    "activity_series.changed": "修改活动系列",
    "campaign.tried": "试发推送",
    "tester.added": "登记试收人",
    "tester.removed": "取消试收人",
    "notice.created": "新建通知",
    "notice.changed": "修改通知",
    "notice.published": "发布通知",
    "notice.withdrawn": "撤回通知",
    "notice.file_added": "给通知加附件",
    "notice.file_removed": "删除通知的附件",
    "picture.stored": "图片入库",
    "picture.changed": "修改图片说明",
    "picture.removed": "删除图片",
    "audit.verified": "校验审计记录",
    "audit.exported": "导出审计记录",
    "check_in.opened": "开放签到",
    "check_in.closed": "结束签到",
    "check_in.roll_called": "点名",
    "check_in.confirmed": "确认离线签到",
    "check_in.exported": "导出签到表",
    "mini_session.ended": "结束小程序登录",
    "binding.approved": "同意绑定申请",
    "binding.ended": "解除绑定",
    "binding.rebound": "换绑微信",
    "binding.refused": "不同意绑定申请",
    "campaign.created": "新建推送",
    "campaign.updated": "修改推送",
    "campaign.reviewed": "审核推送",
    "campaign.wording_overridden": "确认易错词无误",
    "campaign.timed": "设定发送时间",
    "template_library.synced": "同步模板库",
    "workday.set": "设定工作日",
    "workday.withdrawn": "撤销工作日设定",
    "campaign.draft": "推送退回草稿",
    "campaign.in_review": "推送送审",
    "campaign.approved": "推送审定",
    "campaign.scheduled": "推送排期",
    "campaign.launching": "推送启动",
    "campaign.sending": "推送继续发送",
    "campaign.paused": "推送暂停",
    "campaign.cancelled": "推送取消",
    "campaign.done": "推送完成",
    "campaign.recurring": "改为定期推送",
    "campaign.recurring_changed": "修改定期安排",
    "campaign.recurring_active": "定期推送恢复",
    "campaign.recurring_paused": "定期推送暂停",
    "campaign.recurring_ended": "定期推送结束",
    "campaign.firing_skipped": "跳过一次定期推送",
    "campaign.firing_restored": "恢复一次定期推送",
    "campaign.copied": "复制推送",
    "campaign.follows": "推送跟随活动时间",
    "campaign.follows_no_more": "推送不再跟随活动",
    "campaign.followed": "推送随活动改期",
    "campaign.retried": "重试失败的投递",
    "campaign.exported": "导出投递明细",
    "digest.author_changed": "摘要群发改由送审人为作者",
    "digest.timed": "设定摘要群发的时间",
    "campaign.mass_confirmed": "确认群发",
    "campaign.mass_pages_deleted": "删除群发文章的页面",
    "e_journal.created": "新建期刊",
    "e_journal_issue.created": "新建期号",
    "e_journal_issue.changed": "修改期号",
    "e_journal_issue.arranged": "调整期号目录",
    "e_journal_issue.in_review": "期号送审",
    "e_journal_issue.reviewed": "审核期号",
    "e_journal_issue.approved": "期号审定",
    "e_journal_issue.draft": "期号退回草稿",
    "e_journal_issue.published": "发布期号",
    "e_journal_issue.withdrawn": "撤回期号",
    "inbox_item.done": "处理来信",
    "inbox_item.reopened": "重新打开来信",
    "inbox_item.replied": "回复来信",
    "inbox_item.handed_over": "转出来信",
    "staff_reply.moved": "改定一条回复的去向",
    "saved_audience.created": "新建常用受众",
    "saved_audience.changed": "修改常用受众",
    "saved_audience.removed": "删除常用受众",
    "person_list.created": "新建名单",
    "person_list.changed": "修改名单",
    "person_list.removed": "删除名单",
    "person_list.filled": "往名单里加人",
    "person_list.taken_off": "从名单里移出人",
    "saved_reply.created": "新建常用语",
    "saved_reply.changed": "修改常用语",
    "saved_reply.removed": "删除常用语",
    "complaint.moved": "办理投诉建议",
    "complaint.handed_over": "转办投诉建议",
    "complaint.contact_seen": "查看投诉人的联系电话",
    "list.exported": "导出列表",
    "list.exported_full": "导出列表（不遮盖）",
    "saved_view.saved": "存视图",
    "saved_view.deleted": "删除视图",
    "invite_codes.issued": "发放邀请码",
    "invite_codes.revoked": "作废邀请码",
    "invite_codes.exported": "导出邀请码",
    "member_unit.created": "新建单位",
    "member_unit.updated": "修改单位",
    "member_unit.closed": "单位退出联盟",
    "opt_in.switched_off": "代为退订",
    "person.created": "新建人员",
    "person.updated": "修改人员",
    "person.unmasked": "查看完整信息",
    "person.erased": "删除个人信息",
    "person.exported": "导出个人信息",
    "person.moved": "转到其他单位",
    "person.role_given": "登记身份",
    "person.role_ended": "结束身份",
    "questionnaire.created": "新建问卷",
    "questionnaire.updated": "修改问卷",
    "questionnaire.draft": "问卷退回草稿",
    "questionnaire.open": "开放问卷",
    "questionnaire.closed": "结束问卷",
    "themes.asked": "整理问卷文字主题",
    "questionnaire.corrected": "改问卷的笔误",
    "questionnaire.paused": "暂停问卷",
    "questionnaire.extended": "改问卷截止时间",
    "questionnaire.reminders_set": "设问卷提醒",
    "questionnaire.targets_set": "设问卷目标份数",
    "survey_series.created": "新建半年调研",
    "survey_series.updated": "修改半年调研",
    "course.created": "新增课程",
    "course.changed": "修改课程",
    "course.deleted": "删除课程",
    "courses.imported": "导入课程目录",
    "changes_made.written": "写“因您而变”",
    "questions.exported": "导出题目",
    "questions.imported": "从 Excel 导入题目",
    "answers.exported": "导出回答",
    "response_import.read": "上传答卷文件",
    "response_import.applied": "导入答卷",
    "response_import.discarded": "放弃答卷文件",
    "paper.entered": "录入纸质答卷",
    "paper.keyed": "第一次录入纸质答卷",
    "paper.replaced": "换掉第一次录入的纸质答卷",
    "response_import.mapped": "指定答卷文件各列是哪一题",
    "survey_series.opened": "半年调研到日自动开放（以负责人名义）",
    "roster.previewed": "预览花名册",
    "roster.applied": "导入花名册",
    "roster.discarded": "放弃花名册",
    "template_mapping.changed": "修改模板",
    "unit_binding.changed": "修改绑定口令或须同意",
    "unit_binding.qr_made": "生成绑定二维码",
    "unit_binding.mini_code_made": "生成绑定小程序码",
}


SUBJECT_WORDS = {
    "Account": "账号",
    "Activity": "活动",
    "Campaign": "推送",
    "Complaint": "投诉建议",
    "EJournal": "期刊",
    "EJournalIssue": "期号",
    "Follower": "关注者",
    "InboxItem": "来信",
    "InviteCode": "邀请码",
    "MemberUnit": "单位",
    "UnitInvitation": "单位名额",
    "NoticeWording": "通知用语",
    "Notice": "通知公告",
    "Person": "人员",
    "Picture": "图片",
    "Tester": "试收人",
    "Questionnaire": "问卷",
    "RosterImport": "花名册",
    "SurveySeries": "半年调研",
    "ActivitySeries": "活动系列",
    "SavedAudience": "保存的受众",
    "PersonList": "名单",
    "DigestSetting": "摘要群发的设定",
    "ErrorWord": "易错词",
    "Course": "课程",
    "SavedReply": "常用语",
    "StaffReply": "回复",
    "SavedView": "视图",
    "TemplateMapping": "模板",
    "UnitBinding": "单位绑定入口",
    "WorkdayOverride": "工作日设定",
}

# Fields as the forms call them, where an entry tells which were changed.
FIELD_WORDS = {
    "title": "标题",
    "summary": "简介",
    "topic": "主题",
    "content_kind": "内容类别",
    "activity": "活动",
    "issue": "期刊",
    "questionnaire": "问卷",
    "member_unit": "单位",
    "audience": "受众",
    "channels": "渠道",
    "scheduled_at": "发送时间",
    "deadline_at": "截止时间",
    "quiet_hours_override": "免打扰时段发送的理由",
    "series": "系列",
    "series_no": "期数",
    "speaker": "主讲人",
    "speaker_intro": "主讲人简介",
    "place": "地点",
    "starts_at": "开始时间",
    "ends_at": "结束时间",
    "seats": "名额",
    "sign_up_closes_at": "报名截止时间",
    "unit_seats": "每单位最多人数",
    "offer_hours": "候补名额保留时间",
    "auto_fill_hours": "自动递补",
    "reminders": "提醒",
    "body_html": "正文",
    "is_shared": "面向全联盟",
    "name": "姓名或名称",
    "phone": "手机",
    "position": "职务",
    "short_name": "简称",
    "tier": "层级",
    "division_code": "行政区划代码",
    "order_no": "机构序",
    "valid_from": "加入联盟",
    "valid_to": "退出联盟",
    "display_name": "显示名称",
    "member_unit_id": "单位编号",
    "issued_by": "落款",
    "published_notice": "通知公告",
    "alt": "图片说明",
    "licence": "授权",
    "source": "来源",
    "shows_people": "图中有人",
    "people_agreed": "图中的人同意",
}

# Every status and role there is; a word that two tables know is the same in both.
VALUE_WORDS: dict[str, str] = (
    {
        str(key.value): word
        for table in (
            ACTIVITY_STATUS_WORDS,
            ISSUE_STATUS_WORDS,
            NOTICE_STATUS_WORDS,
            QUESTIONNAIRE_STATUS_WORDS,
            CAMPAIGN_STATUS_WORDS,
            REVIEW_STAGE_WORDS,
            CHANNEL_WORDS,
            ROLE_WORDS,
            ACCOUNT_ROLE_WORDS,
        )
        for key, word in table.items()
    }
    | {"passed": "通过", "returned": "退回", "True": "是", "False": "否"}
    | FIELD_WORDS
)


def action(code: str) -> str:
    return ACTION_WORDS.get(code, code)


def subject(kind: str, number: str) -> str:
    return f"{SUBJECT_WORDS.get(kind, kind)} {number}".strip()


def details(text: str) -> str:
    """`{"was": "draft", "to": "in_review"}` as `改为：审核中；原为：草稿`."""
    told = json.loads(text)
    return "；".join(
        f"{DETAIL_WORDS.get(name, name)}：{_moment(str(value)) if name in MOMENTS else _plain(value)}"
        for name, value in told.items()
        if value not in ("", None, [], {})
    )


def _moment(stored: str) -> str:
    """A stored time (UTC) as the clock on the wall."""
    try:
        return words.local_time(datetime.fromisoformat(stored))
    except ValueError:
        return stored


def _plain(value: object) -> str:
    if isinstance(value, list):
        return "、".join(_plain(each) for each in value)
    if isinstance(value, dict):
        return "，".join(f"{DETAIL_WORDS.get(name, name)} {_plain(each)}" for name, each in value.items())
    return VALUE_WORDS.get(str(value), str(value))
