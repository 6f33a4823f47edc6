"""Permissions in words. Who adds one to services/access.py adds its line here; a test sees to it."""

from __future__ import annotations

from collections.abc import Iterable

AREA_WORDS = {
    "home": "首页",
    "activities": "活动",
    "check_ins": "签到",
    "notices": "通知公告",
    "composer": "编写",
    "pictures": "图片",
    "e_journals": "期刊",
    "campaigns": "推送",
    "digests": "摘要群发",
    "notice_wordings": "通知用语",
    "templates": "消息模板",
    "error_words": "易错词",
    "surveys": "调研",
    "inbox": "来信",
    "complaints": "投诉建议",
    "people": "人员",
    "bindings": "微信绑定",
    "units": "成员单位",
    "accounts": "账号",
    "roles": "授权",
    "system": "系统",
    "workdays": "工作日",
    "audit": "审计",
}

WORDS = {
    "home.view": "看首页和待办",
    "activities.view": "看活动",
    "activities.manage": "新建、修改、发布、取消活动，看报名名单",
    "activities.answer": "答复别的单位给的名额：报送人员，或说明不参加",
    "check_ins.manage": "打开签到、补签、看签到名单",
    "notices.view": "看通知公告",
    "notices.manage": "写通知公告",
    "composer.use": "用编辑器写正文、发测试",
    "pictures.manage": "上传图片，登记来源和说明",
    "e_journals.view": "看期刊",
    "e_journals.manage": "编期刊、送审、发布、撤回",
    "e_journals.review": "审核期刊",
    "campaigns.view": "看推送和台账",
    "campaigns.manage": "新建、修改、取消推送",
    "campaigns.review": "审核推送",
    "campaigns.send": "排期、暂停、继续、重试推送",
    "digests.manage": "设定摘要群发的时间，编摘要、送审、取消",
    "error_words.manage": "维护易错词",
    "notice_wordings.manage": "改写和审核自动通知的用语",
    "templates.manage": "登记消息模板",
    "surveys.view": "看问卷和结果",
    "surveys.manage": "写问卷、开放、结束",
    "inbox.manage": "处理来信",
    "complaints.manage": "答复投诉建议",
    "people.view": "看人员（手机号已遮盖）",
    "people.manage": "新增、修改人员，登记身份，发邀请码，解除绑定，注销",
    "people.import": "从 Excel 导入名单",
    "people.unmask": "写明原因后看完整手机号，不遮盖地导出",
    "bindings.manage": "设单位绑定方式，审核绑定申请",
    "units.view": "看成员单位",
    "units.manage": "登记、修改成员单位，把人转到其他单位",
    "accounts.view": "看账号",
    "accounts.manage": "新建、停用账号，重设密码，结束登录",
    "roles.grant": "授予和收回角色，看权限一览",
    "system.view": "看系统状态",
    "workdays.manage": "登记工作日和调休",
    "audit.view": "看、校验、导出审计记录",
}


def word(permission: str) -> str:
    return WORDS.get(permission, permission)


def area_word(permission: str) -> str:
    area = permission.partition(".")[0]
    return AREA_WORDS.get(area, area)


def in_order(permissions: Iterable[str]) -> list[str]:
    """As the tables above have them; an unknown one comes last."""
    areas, known = list(AREA_WORDS), list(WORDS)

    def place(permission: str) -> tuple[int, int, str]:
        area = permission.partition(".")[0]
        return (
            areas.index(area) if area in areas else len(areas),
            known.index(permission) if permission in known else len(known),
            permission,
        )

    return sorted(permissions, key=place)
