import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import CatalogError
from core.mood.filters import FilmFilter
from ui.films_query import MOST_COLOURS, FilmQuery

MOOD = {"happiness": 50, "surprise": 30}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
PARTS = ("mood", "goal", "method", "colours", "filters")
WISHES = ("years", "rating", "votes", "language", "genres", "without", "today", "seen")


def test_a_mood_alone_is_a_question():
    query = FilmQuery.parse({"mood": MOOD})
    assert query.mood == MOOD
    assert (query.goal, query.method, query.colours, query.wish) == (
        "match",
        "palette",
        None,
        FilmFilter(),
    )


def test_every_filter_of_the_page_reaches_the_ranking():
    filters = {
        "years": [1990, None],
        "rating": 7.5,
        "votes": 500,
        "language": "ko",
        "genres": ["Comedy"],
        "without": ["Horror"],
        "today": True,
        "seen": [1, 2],
    }
    wish = FilmQuery.parse({"mood": MOOD, "filters": filters}).wish
    assert wish == FilmFilter(
        (1990, None), 7.5, 500, ("ko",), ("Comedy",), ("Horror",), True, (1, 2)
    )


def test_open_years_filter_nothing():
    assert FilmQuery.parse({"mood": MOOD, "filters": {"years": [None, None]}}).wish == FilmFilter()


def test_a_visitors_colours_keep_their_weight_and_whose_they_were():
    colours = [
        {"rgb": "#FF8000", "weight": 0.25, "emotion": ""},
        {"rgb": "#0010ff", "weight": 0.75, "emotion": "calm"},
    ]
    first, second = FilmQuery.parse({"mood": MOOD, "colours": colours}).colours
    assert (first.rgb, first.weight, first.emotion) == ((255, 128, 0), 0.25, "")
    assert (second.hex, second.emotion) == ("#0010ff", "calm")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"mood": None}, "mood"),
        ({"mood": {"happiness": "much"}}, "happiness"),
        ({"mood": {"happiness": math.nan}}, "happiness"),
        ({"mood": {"happiness": True}}, "happiness"),
        ({"mood": {"happiness": -1}}, "happiness"),
        ({"goal": "worse"}, "goal"),
        ({"method": "magic"}, "method"),
        ({"colours": []}, "colours"),
        ({"colours": [{"rgb": "#ff0000", "weight": 0.1}] * (MOST_COLOURS + 1)}, "colours"),
        ({"colours": [{"rgb": "red", "weight": 0.1}]}, "red"),
        ({"colours": [{"rgb": "#ff0000", "weight": 0}]}, "#ff0000"),
        ({"colours": [{"rgb": "#ff0000", "weight": 1, "emotion": "envy"}]}, "#ff0000"),
        ({"filters": "all"}, "filters"),
        ({"filters": {"years": [1990]}}, "years"),
        ({"filters": {"votes": 10**400}}, "votes"),
        ({"filters": {"language": "<b>"}}, "language"),
        ({"filters": {"genres": "Comedy"}}, "genres"),
        ({"filters": {"seen": ["1"]}}, "seen"),
    ],
)
def test_what_cannot_be_read_is_named_in_one_line(change, named):
    with pytest.raises(CatalogError) as caught:
        FilmQuery.parse({"mood": MOOD, **change})
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.dictionaries(st.sampled_from(PARTS), json_values),
    st.dictionaries(st.sampled_from(WISHES), json_values),
)
def test_whatever_a_browser_sends_is_read_or_refused(asked, filters):
    for question in (asked, {"mood": MOOD, "filters": filters}, filters.get("years")):
        try:
            query = FilmQuery.parse(question)
        except CatalogError:
            continue
        assert all(math.isfinite(weight) and weight >= 0 for weight in query.mood.values())
        hash(query.wish)
