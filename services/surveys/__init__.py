"""Surveys (需求征集): questionnaires, the chat conversations that fill them, responses, results.

`questionnaires` makes, opens and closes them; `sheet` is one as it is asked; `reading`
understands what a member types; `responses` keeps answers; `conversations` leads through
the questions; `chat_text` words them; `results` counts;
`participation` keeps that a person took part. Nothing here calls WeChat.
"""
