"""Why a delivery stands as it does, in words. A code is stored; the words are made here."""

from __future__ import annotations

REASON_WORDS = {
    # why this channel
    "window_open": "48 小时内来过消息，用客服消息",
    "signed_up": "已报名，用模板消息",
    "opted_in": "已订阅该主题，用模板消息",
    "one_time_consent": "点过一次性订阅",
    "mass_slot": "本月群发次数未用完，并入群发",
    "mass_slot_last": "久未来过消息，动用本月最后一次群发",
    "mass_by_tag": "订阅号群发：一次发给整个受众",
    "digest": "可以等，并入下一期摘要群发",
    "digest_last": "久未来过消息，动用本月最后一次群发，并入下一期摘要",
    "digest_missed": "没有赶上截止前的摘要群发，改用其他渠道",
    "no_other_means": "没有其他可用渠道，等其来消息时顺带",
    "single_of_mass": "群发至少两人，改为顺带通知",
    "quota_overflow": "当日额度不足，改用其他渠道",
    "capped_day": "今天收到的推送已到上限，不再打扰，等其来消息时顺带",
    "capped_week": "近七天收到的推送已到上限，不再打扰，等其来消息时顺带",
    # why not sent
    "no_quota": "当日额度用完，允许的其他渠道也不可用",
    "not_bound": "未绑定微信",
    "unfollowed": "已取消关注",
    "opted_out": "已退订该主题",
    "sign_up_cancelled": "已取消报名",
    "reminded": "小程序已经提醒过",
    "no_channel": "允许的渠道都不可用",
    "expired": "截止前没有来过消息",
    "cancelled": "推送已取消",
    # how it ended
    "": "",
    "accepted": "微信已接受",
    "no_event": "微信已接受，一天内没有发来结果（微信不补发，也无处可查）",
    "delivered": "已送达",
    "offered": "已随回复送出（无回执）",
    "user_block": "用户拒收",
    "system_failed": "微信系统发送失败",
    "mass_failed": "群发被微信退回",
    "mass_10001": "群发被微信退回：涉嫌广告",
    "mass_20001": "群发被微信退回：涉嫌政治",
    "mass_20004": "群发被微信退回：涉嫌社会敏感内容",
    "mass_20013": "群发被微信退回：涉嫌侵权",
    "mass_30003": "群发被微信退回：原创校验没有通过",
    "mass_40001": "公众号管理员拒绝了这次群发（群发保护）",
    "mass_40002": "公众号管理员 30 分钟内没有确认（群发保护），群发作废",
    "mass_missed": "截止前没有群发（没有第二人确认，或没有次数了）",
    "no_answer": "请求发出后没有收到答复；微信认得出重复时再试，否则为免重复不再发送",
    "lease_expired": "发送进程中断，结果不明，为免重复不再发送",
    # why it waits
    "quota_exhausted": "当日额度用完，零点后继续",
    "try_later": "微信暂时不可用，稍后再试",
    "stopped": "推送暂停，等待处理",
    "retry": "人工重试",
    "lease_freed": "发送进程中断，重新发送（同一编号，不会重复）",
}

# The person refused, or is no longer there: a second try would reach nobody and annoy some.
NO_RETRY = frozenset(
    {"user_block", "e40003", "e43004", "e46004", "e49003", "e50002", "e50005", "e70000"},
)


def may_retry(code: str) -> bool:
    """Whether a delivery that failed for this reason may be sent again."""
    return code not in NO_RETRY


def words(code: str) -> str:
    """The reason in words. `e43004` stands for the platform's error code 43004."""
    if code in REASON_WORDS:
        return REASON_WORDS[code]
    if code.startswith("e") and code[1:].lstrip("-").isdigit():
        from wechat.error_words import error_words

        return error_words(int(code[1:]))
    return code


def of_errcode(errcode: int | None) -> str:
    return f"e{errcode}" if errcode else "refused"
