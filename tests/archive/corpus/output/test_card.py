"""The dataset card: metadata that Hugging Face reads, prose and tables whose numbers are those of
the Summary.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import DatasetCard
from markdown_it import MarkdownIt

from archive.corpus.filters.reasons import REASONS
from archive.corpus.output.card import card, write_card
from archive.corpus.output.columns import COLUMNS
from archive.corpus.output.summary import RepeatedParagraph, Summary
from tests.archive.corpus.summaries import EMPTY, HOSTILE, files, months_of, recipe, summary

MARKDOWN = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table")


def metadata_of(text: str) -> dict[str, Any]:
    return yaml.safe_load(text.split("\n---\n", 1)[0])


def tables_of(text: str) -> dict[str, list[list[str]]]:
    """First cell of the header -> rows, as a reader of the page sees them."""
    tables: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for token in MARKDOWN.parse(text.split("\n---\n", 1)[1]):
        if token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "inline" and token.level > 3:  # in a cell
            rows[-1].append("".join(child.content for child in token.children or []))
        elif token.type == "table_close":
            tables.setdefault(" ".join(rows[0][:2]), rows[1:])
    return tables


def number(cell: str) -> int:
    return int(cell.replace(",", ""))


def test_the_metadata_is_what_the_hub_knows() -> None:
    facts = metadata_of(card(summary()))
    assert facts["language"] == ["id"]
    assert facts["task_categories"] == ["text-generation"]
    assert facts["size_categories"] == ["n<1K"]
    assert facts["pretty_name"] == "Indonesian news as of 2026-11-20"
    assert [feature["name"] for feature in facts["dataset_info"]["features"]] == [
        column.name for column in COLUMNS
    ]
    assert facts["dataset_info"]["splits"][0] == {
        "name": "train",
        "num_bytes": 265600,
        "num_examples": 294,
    }


def test_hugging_face_reads_the_card(tmp_path: Path) -> None:
    write_card(summary(), tmp_path / "README.md")
    read = DatasetCard.load(tmp_path / "README.md")
    assert read.data.language == ["id"]
    assert read.text.lstrip().startswith("# Indonesian news as of 2026-11-20")


def test_the_license_is_left_to_the_user_and_the_card_says_so() -> None:
    text = card(summary())
    assert "license" not in metadata_of(text)
    assert "\n# license: left to you." in text.split("\n---\n", 1)[0]
    assert "**No licence is named here, on purpose.**" in text


def test_every_split_is_named_with_the_pattern_of_its_files() -> None:
    (config,) = metadata_of(card(summary()))["configs"]
    assert config["data_files"] == [
        {"split": split, "path": f"data/{split}-*.parquet"}
        for split in ("train", "validation", "test")
    ]


def test_a_split_without_a_document_is_reported_but_not_named_to_load_dataset() -> None:
    splits = {"train": 300, "validation": 0, "test": 0}
    text = card(summary(splits=splits, files=tuple(files(splits, "jsonl.gz"))))
    (config,) = metadata_of(text)["configs"]
    assert config["data_files"] == [{"split": "train", "path": "data/train-*.jsonl.gz"}]
    assert "**Empty: `validation`, `test`.**" in text


def test_counts_are_those_of_the_summary() -> None:
    made = summary(
        months_of(["kabar", "desa", "warung"], 30, undated=True),
        dropped={("duplicate", "kabar"): 1234, ("removed", "pasar"): 2},
    )
    tables = tables_of(card(made))
    assert {row[0]: number(row[1]) for row in tables["split documents"]} == made.splits
    sites = {row[0]: row for row in tables["site documents"]}
    assert {site: number(row[1]) for site, row in sites.items()} == {
        site: made.words[site].total() for site in made.sites
    } | {"pasar": 0}
    assert {site: number(row[3]) for site, row in sites.items() if site != "pasar"} == {
        site: made.median_words(site) for site in made.sites
    }
    assert {row[0]: number(row[2]) for row in tables["reason meaning"]} == made.dropped_by_reason()
    assert sum(number(row[-1]) for row in tables["published kabar"]) == made.exported
    assert sum(number(row[1]) for row in tables["file rows"]) == sum(
        file.rows for file in made.files
    )


def test_months_beyond_two_years_are_summed_up_by_year() -> None:
    made = summary(months_of(["kabar"], 40, first=(2023, 8), undated=True))
    labels = [row[0] for row in tables_of(card(made))["published kabar"]]
    assert labels[:2] == ["2023-08 to 2023-12", "2024-01 to 2024-11"]
    assert labels[2:] == [
        f"{2024 + place // 12}-{place % 12 + 1:02}" for place in range(11, 35)
    ] + ["undated"]


def test_of_many_sites_the_largest_have_a_column_and_the_others_share_one() -> None:
    made = summary(months_of([f"kabar{place}" for place in range(40)], 2))
    (months,) = [
        rows for name, rows in tables_of(card(made)).items() if name.startswith("published ")
    ]
    assert {len(row) for row in months} == {1 + 8 + 1 + 1}
    assert sum(number(row[-1]) for row in months) == made.exported


def test_every_reason_comes_with_its_sentence_and_its_sites() -> None:
    rows = tables_of(card(summary()))["reason meaning"]
    assert {row[0]: row[1] for row in rows} == {
        reason: REASONS[reason] for reason in ("duplicate", "opted_out", "removed")
    }
    assert rows[0][4] == "desa 41"


@pytest.mark.parametrize(
    ("choice", "told"),
    [("drop", "**They were excluded.**"), ("keep", "as requested by `--opted-out keep`.**")],
)
def test_who_opted_out_by_which_rule_and_what_became_of_it_is_reported(
    choice: str, told: str
) -> None:
    text = card(summary(recipe=recipe(opted_out=choice)))
    assert "12 selected documents opt out of text and data mining." in text
    assert told in text
    assert tables_of(text)["site rule"] == [["kabar", "robots.txt: GPTBot", "12"]]


def test_the_command_that_makes_it_again_is_for_a_shell() -> None:
    asked = recipe(
        since=date(2026, 1, 1),
        sites=("kabar desa", "$(rm -rf /)"),
        test_after=date(2026, 11, 1),
        dedup="none",
    )
    (command,) = re.findall(r"```sh\n(.*?)\n```", card(summary(recipe=asked)), re.DOTALL)
    assert (
        command.replace(" \\\n ", "")
        == "warta corpus build OUT --archive news.db --as-of 2026-11-20T03:04:05Z --since"
        " 2026-01-01 --site 'kabar desa' --site '$(rm -rf /)' --dedup none --opted-out drop"
        " --filters standard --split train=0.98,validation=0.01,test=0.01 --test-after"
        " 2026-11-01 --format parquet --tokenizer spacy-id"
    )


def test_the_pictures_are_embedded_by_relative_paths() -> None:
    assert re.findall(r"!\[[^]]+\]\(([^)]+)\)", card(summary())) == [
        "plots/months.png",
        "plots/lengths.png",
        "plots/dropped.png",
    ]


def test_the_same_summary_gives_the_same_card_wherever_the_archive_lies() -> None:
    assert card(summary(recipe=recipe(archive=Path("/elsewhere/x.db")))) == card(summary())


def test_an_empty_corpus_has_a_card() -> None:
    text = card(summary(**EMPTY))
    assert "configs" not in metadata_of(text)
    assert "None: every selected document is in the corpus." in text


def hostile() -> Summary:
    return summary(
        months_of(list(HOSTILE), 2),
        dropped={(name, name): 3 for name in HOSTILE},
        opted_out={(name, name): 2 for name in HOSTILE},
        repeated=tuple(
            RepeatedParagraph(site=name, text=name, documents=2, share=0.5, removed=False)
            for name in HOSTILE
        ),
        recipe=recipe(sites=HOSTILE),
        versions={name: name for name in HOSTILE},
    )


def test_hostile_names_and_rules_make_no_metadata_links_html_or_headings() -> None:
    text = card(hostile())
    assert "license" not in metadata_of(text)
    tokens = MARKDOWN.parse(text.split("\n---\n", 1)[1])
    inner = [child for token in tokens for child in token.children or []]
    assert not [token for token in [*tokens, *inner] if token.type.startswith("html")]
    assert {child.attrs["href"] for child in inner if child.type == "link_open"} == {
        "https://pypi.org/project/warta/"
    }
    headings = [
        token.content for token in tokens if token.type == "inline" and "#" in token.content
    ]
    assert not headings or all("`" in heading for heading in headings)
    assert (
        sum(token.type == "heading_open" for token in tokens)
        == sum(line.startswith("#") for line in card(summary()).splitlines()) - 1
    )


def test_hostile_names_leave_the_tables_whole() -> None:
    made = hostile()
    tables = tables_of(card(made))
    assert sum(number(row[1]) for row in tables["site documents"]) == made.exported
    assert sum(number(row[2]) for row in tables["reason meaning"]) == 3 * len(HOSTILE)
    assert len(tables["site rule"]) == len(HOSTILE)


def test_a_hostile_card_is_written_as_utf_8(tmp_path: Path) -> None:
    write_card(hostile(), tmp_path / "README.md")
    assert (tmp_path / "README.md").read_text("utf-8").startswith("---\n# license")
