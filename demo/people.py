"""Invented people, made from a seed; the same seed gives the same people. All are 样例."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from models.people import PersonRoleKind

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘于蒋蔡余杜叶程苏"
    "魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵"
    "万钱严武戴莫孔向汤"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉萍红玲芬燕彬辉建文波斌宇浩凯健俊帆雪琴云"
    "洁兰梅琳晶欣怡佳慧雅婷倩颖思远志国庆海峰东方成林春生永康新民立德学文"
)
POSITIONS = (
    "科员",
    "副主任科员",
    "村党委委员",
    "组织干事",
    "宣传干事",
    "办公室主任",
    "副镇长",
    "社区书记",
    "教研室教师",
)
ROLES = (
    (PersonRoleKind.TRAINEE, 70),
    (PersonRoleKind.MEMBER, 20),
    (PersonRoleKind.INSTRUCTOR, 8),
    (PersonRoleKind.LIAISON, 2),
)


@dataclass(frozen=True)
class SamplePerson:
    name: str
    phone: str
    position: str
    role: PersonRoleKind


def sample_people(count: int, *, seed: int = 19, start: int = 0) -> Iterator[SamplePerson]:
    """`count` people; phone numbers run on from 190 0000 0000 + `start`."""
    source = random.Random(seed + start)
    kinds = [kind for kind, _ in ROLES]
    weights = [weight for _, weight in ROLES]
    for number in range(start, start + count):
        given = "".join(source.choices(GIVEN, k=source.choice((1, 2, 2, 2))))
        yield SamplePerson(
            name=source.choice(SURNAMES) + given,
            phone=f"190{number:08d}",
            position=source.choice(POSITIONS),
            role=source.choices(kinds, weights)[0],
        )
