"""Tables of which it is known what a model can make of them."""

import numpy as np
import polars as pl


def random(seed: int = 0) -> np.random.RandomState:
    return np.random.RandomState(seed)


def flowers(rows: int = 150) -> pl.DataFrame:
    """Three kinds that four measures tell apart, as in Fisher's iris data."""
    kind = np.arange(rows) % 3
    middles = np.array([[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.5, 2.0]])
    measured = (middles[kind] + random().randn(rows, 4) * 0.3).round(1)
    names = ("sepal_length", "sepal_width", "petal_length", "petal_width")
    columns = {name: measured[:, place] for place, name in enumerate(names)}
    return pl.DataFrame(columns | {"class": np.array(["setosa", "versicolor", "virginica"])[kind]})


def noise(rows: int = 400, columns: int = 6, seed: int = 0) -> pl.DataFrame:
    """A target that nothing in the table has to do with."""
    draw = random(seed)
    numbers = {f"x{place}": draw.randn(rows) for place in range(columns)}
    return pl.DataFrame(numbers | {"target": draw.choice(["yes", "no"], rows)})


def prices(rows: int = 600) -> pl.DataFrame:
    """A number that is a line through two others, and some noise."""
    draw = random()
    size, age = draw.randn(rows), draw.randn(rows)
    price = 10 + 3 * size - 2 * age + draw.randn(rows) * 0.5
    colour = draw.choice(["red", "blue"], rows)
    return pl.DataFrame({"size": size, "age": age, "colour": colour, "outcome": price})


def customers(rows: int = 1000) -> pl.DataFrame:
    """Some leave, for reasons that the table knows in part; of every type there is a column."""
    draw = random()
    months, monthly = draw.randint(0, 72, rows), draw.gamma(3, 20, rows).round(2)
    contract = draw.choice(["month", "year", None], rows, p=[0.5, 0.4, 0.1])
    odds = 0.5 + 0.05 * monthly - 0.1 * months + 2 * (contract == "month")
    churn = draw.rand(rows) < 1 / (1 + np.exp(-odds))
    return pl.DataFrame(
        {
            "customer": range(rows),
            "months": months,
            "monthly": monthly,
            "contract": contract,
            "paperless": draw.rand(rows) < 0.5,
            "joined": pl.Series(draw.randint(0, 2000, rows)).cast(pl.Date),
            "note": [f"called {number} times" for number in range(rows)],
            "churn": churn,
        }
    )


def rare(rows: int = 1500) -> pl.DataFrame:
    """Three in a hundred leave, those that one number says will."""
    draw = random(1)
    number = draw.randn(rows)
    leaves = number + draw.randn(rows) * 0.3 > 1.9
    return pl.DataFrame(
        {"a": number, "b": draw.randn(rows), "churn": np.where(leaves, "yes", "no")}
    )


def blobs(rows: int = 500) -> pl.DataFrame:
    """Three heaps, in a plane and far apart."""
    heap, draw = np.arange(rows) % 3, random()
    middles = np.array([[0, 0], [9, 0], [0, 9]])[heap]
    return pl.DataFrame(
        {axis: middles[:, place] + draw.randn(rows) for place, axis in enumerate(("across", "up"))}
    )
