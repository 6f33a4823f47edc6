"""WeRoBot in safe mode with one keyword: decrypts, answers, encrypts, stores nothing."""

from __future__ import annotations

import logging
from typing import Any

from werobot import WeRoBot
from werobot.messages.messages import TextMessage

import config
from bot.handlers import guide
from bot.replies import word_link


def create_app() -> Any:
    settings = config.settings()
    robot = WeRoBot(
        token=settings.wechat_token,
        enable_session=False,
        logger=logging.getLogger("werobot"),
        APP_ID=settings.wechat_app_id,
        ENCODING_AES_KEY=settings.wechat_aes_key,
    )
    said = "点文字或直接发送：\n" + "\n".join(
        f"{word_link(word)}　{meaning}" for word, meaning in guide.LINES
    )

    @robot.filter("帮助")
    def help_words(message: TextMessage) -> str:
        return said

    return robot.wsgi
