"""Customers and transactions of any size, from a seed: the columns and the words of sample_data.

``python -m benchmarks.data 20000 400000`` makes the files (once) and prints their folder.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SEED = 7
VERSION = 1
"""counts up when the data change, so that no old files are taken from the temporary folder"""
FEWEST, MOST = 10, 500
"""order lines of the smallest and the largest customer"""
DAYS = 730
END = "2025-12-31"
GOODS = (
    *(
        ("意式拼配豆 1kg", "咖啡豆"),
        ("深烘拼配豆 1kg", "咖啡豆"),
        ("陈年普洱饼 357g", "茶叶"),
        ("茉莉绿茶 500g", "茶叶"),
    ),
    *(
        ("焦糖糖浆 750ml", "糖浆与乳品"),
        ("厚椰乳 12L", "糖浆与乳品"),
        ("意式磨豆机", "磨豆与器具"),
        ("不锈钢奶缸", "磨豆与器具"),
    ),
    *(
        ("商用沙冰机", "茶饮设备"),
        ("果糖定量机", "茶饮设备"),
        ("净水滤芯套装", "净水与饮水"),
        ("台式饮水机", "净水与饮水"),
    ),
    *(
        ("纸吸管 2000支", "耗材"),
        ("杯托打包袋 500只", "耗材"),
        ("年度维保 单机", "服务"),
        ("设备月租", "服务"),
    ),
    *(("半自动咖啡机", "咖啡机"), ("商用制冰机", "制冰与冷藏")),
)
CHANNELS = ("销售上门", "官网商城", "电话下单", "微信小程序", "展会现场")
CITIES = ("贵州贵阳", "广东广州", "浙江杭州", "四川成都", "湖北武汉", "陕西西安", "江苏南京", "福建厦门")
TRADES = ("联合办公", "教育", "餐饮", "酒店", "医院", "律所", "制造", "零售")
OWNERS = ("苏望舒", "沈嘉禾", "冯初夏", "陆知行", "顾南星", "叶怀瑾", "谢云舟", "唐予安")
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "文博雅静子轩欣怡浩然思远若溪明哲"
ASKED = ("索取滤纸样品", "咨询拼配豆的价格与货期", "设备漏水报修", "发票抬头更改", "催问到货时间")
DONE = (
    "寄出样品两份，一周后回访",
    "报价单已发，货期3天",
    "次日上门更换密封圈",
    "已重开并寄出",
    "已告知物流单号",
)


def folder(customers: int, transactions: int, seed: int = SEED) -> Path:
    """The folder with the four CSV files of this size, made at the first call (seconds)."""
    place = Path(tempfile.gettempdir()) / "sheetgen-benchmarks"
    made = place / f"data{VERSION}-{customers}x{transactions}-{seed}"
    if not (made / "customers.csv").exists():
        made.mkdir(parents=True, exist_ok=True)
        _make(made, customers, transactions, seed)
    return made


def inputs(customers: int, transactions: int) -> list[str]:
    """The paths to give to ``build``."""
    made = folder(customers, transactions)
    names = ("customers", "transactions", "service_log", "preferences")
    return [str(made / f"{name}.csv") for name in names]


def _make(place: Path, n: int, lines: int, seed: int) -> None:
    """Customers last: their file says that the folder is complete."""
    import numpy as np
    import pandas as pd

    if not FEWEST * n <= lines <= MOST * n:
        raise SystemExit(f"{n} customers have {FEWEST * n} to {MOST * n} transactions, not {lines}")
    rng = np.random.default_rng(seed)
    ids = np.array([f"KH{i:06d}" for i in range(1, n + 1)], dtype=object)
    weight = rng.pareto(2.0, n) + 0.3
    counts = FEWEST + rng.multinomial(lines - FEWEST * n, weight / weight.sum())
    while excess := int(np.maximum(counts - MOST, 0).sum()):
        counts = np.minimum(counts, MOST)
        counts += rng.multinomial(excess, np.full(n, 1 / n))
    _transactions(rng, ids, counts).to_csv(place / "transactions.csv", index=False, lineterminator="\n")
    _service(rng, ids, lines // 10).to_csv(place / "service_log.csv", index=False, lineterminator="\n")
    chosen = np.sort(rng.choice(n, max(1, n // 3), replace=False))
    words = sorted({category for _, category in GOODS})
    preferences = {
        "客户编号": ids[chosen],
        "偏好品类": pick(rng, words, len(chosen)),
        "偏好渠道": pick(rng, ("微信", "邮件", "电话"), len(chosen)),
        "方便联系时间": pick(rng, ("工作日下午", "周三下午", "上午"), len(chosen)),
        "偏好备注": pick(rng, ("要求固定配送司机", "开票需附清单", ""), len(chosen)),
    }
    pd.DataFrame(preferences).to_csv(place / "preferences.csv", index=False, lineterminator="\n")
    registered = np.sort(rng.integers(DAYS, 4300, n))[::-1]
    people = [SURNAMES[a] + GIVEN[b] for a, b in rng.integers(0, 16, (n, 2)).tolist()]
    city = pick(rng, CITIES, n)
    customers = {
        "客户编号": ids,
        "客户名称": [f"{c[2:]}{i}号茶咖管理有限公司" for i, c in enumerate(city, 1)],
        "联系人": people,
        "联系方式": [f"139{0:04d}{i % 10000:04d}" for i in range(n)],
        "地区": city,
        "行业": pick(rng, TRADES, n),
        "来源": pick(rng, ("陌拜", "展会", "转介绍", "官网"), n),
        "负责人": pick(rng, OWNERS, n),
        "登记日期": days_back(registered),
        "告知同意": pick(rng, ("是", "是", "否", ""), n),
        "备注": "",
    }
    pd.DataFrame(customers).to_csv(place / "customers.csv", index=False, lineterminator="\n")


def _transactions(rng: Any, ids: Any, counts: Any) -> Any:
    """Order lines: 1 to 4 share an order and its day; 2 in 100 are refunds, 1 in 150 is a closed order."""
    import numpy as np
    import pandas as pd

    total = int(counts.sum())
    who = np.repeat(np.arange(len(ids)), counts)
    begins = rng.random(total) < 0.45
    begins[np.concatenate([[0], np.cumsum(counts)[:-1]])] = True
    order = np.cumsum(begins) - 1
    orders = int(order[-1]) + 1
    back = rng.integers(0, DAYS, orders)
    level = rng.lognormal(7.2, 1.1, len(ids))
    cents = np.maximum(100, np.rint(level[who] * rng.lognormal(0, 0.8, total) * 100)).astype(np.int64)
    cents = np.minimum(cents, 50_000_000)
    refund = (rng.random(total) < 0.02) & ~begins
    status = np.where(rng.random(orders) < 1 / 150, "交易关闭", "交易成功")
    good = rng.integers(0, len(GOODS), total)
    goods = np.array(GOODS, dtype=object)
    day = days_back(back)
    number = np.array([f"XS{d[2:4]}{d[5:7]}{d[8:]}{i:07d}" for i, d in enumerate(day.tolist())], dtype=object)
    late = rng.integers(-20, 15, orders)
    due = back - 30
    paid = due - late
    frame = pd.DataFrame(
        {
            "客户编号": ids[who],
            "日期": day[order],
            "金额": [f"{c / 100:.2f}" for c in np.where(refund, -cents, cents).tolist()],
            "订单号": number[order],
            "产品或服务": goods[good, 0],
            "品类": goods[good, 1],
            "数量": np.where(refund, -1, 1) * rng.integers(1, 60, total),
            "渠道": pick(rng, CHANNELS, orders)[order],
            "状态": status[order],
            "应付日期": days_back(due)[order],
            "付款日期": np.where(paid >= 0, days_back(paid), "")[order],
        }
    )
    return frame.iloc[np.lexsort((np.arange(total), -back[order]))]


def _service(rng: Any, ids: Any, rows: int) -> Any:
    import numpy as np
    import pandas as pd

    back = np.sort(rng.integers(0, DAYS, rows))[::-1]
    topic = rng.integers(0, len(ASKED), rows)
    return pd.DataFrame(
        {
            "客户编号": ids[rng.integers(0, len(ids), rows)],
            "日期": days_back(back),
            "渠道": pick(rng, ("微信", "在线客服", "电话"), rows),
            "咨询问题": np.array(ASKED, dtype=object)[topic],
            "解决措施": np.array(DONE, dtype=object)[topic],
            "处理人": pick(rng, OWNERS, rows),
            "满意度": pick(rng, ("5", "4", "4", "3", "2", ""), rows),
            "是否投诉": pick(rng, ("否",) * 9 + ("是",), rows),
            "下次联系": "",
        }
    )


def pick(rng: Any, words: Sequence[str], n: int) -> Any:
    """``n`` of ``words`` as an array of objects."""
    import numpy as np

    return np.array(words, dtype=object)[rng.integers(0, len(words), n)]


def days_back(back: Any) -> Any:
    """ISO days, ``back`` days before the end."""
    import numpy as np

    return (np.datetime64(END) - back.astype("timedelta64[D]")).astype(str).astype(object)


if __name__ == "__main__":
    print(folder(int(sys.argv[1]), int(sys.argv[2])))
