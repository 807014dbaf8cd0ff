# ruff: noqa: E501 - the sentences that are expected stay whole
"""warta.toml and WARTA_* variables: what is in force, where it comes from, and one line for each
thing that is wrong.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from archive import Archive
from scraper.cli.main import main
from scraper.configuration import Configuration, ConfigurationError, Loaded, load
from scraper.configuration.example import example
from scraper.configuration.variables import fields, variables
from scraper.monitoring.alerts.targets import targets

SITES = ["islamtimes", "medcom", "republika", "rmol", "suara"]


@pytest.fixture
def toml(tmp_path):
    """Writes a configuration."""

    def write(text: str, name: str = "warta.toml") -> Path:
        file = tmp_path / name
        file.write_text(text, "utf-8")
        return file

    return write


def wrong(file: Path | None, **environment: str) -> list[str]:
    with pytest.raises(ConfigurationError) as told:
        load(file, environment, SITES)
    return [
        line.replace(f"{file.parent}/", "") if file else line
        for line in str(told.value).splitlines()
    ]


def started(*arguments: str, **environment: str | None):
    clean = dict.fromkeys((*variables(SITES), "WARTA_CONFIG"), None)
    return CliRunner().invoke(main, arguments, env={**clean, **environment})


def test_without_a_file_and_variables_the_defaults_are_in_force(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert load(None, {}, SITES) == Loaded(configuration=Configuration())


def test_the_example_says_what_the_defaults_are(toml):
    told = load(toml(example()), {}, SITES).configuration
    assert told.model_copy(update={"archive": Path("news.db")}) == Configuration()


def test_the_example_has_every_key_and_all_that_it_shows_may_be_used(toml):
    shown = re.sub(r"^# (\[|\w+ = )", r"\1", example(), flags=re.MULTILINE)
    load(toml(shown), {}, SITES)
    values = tomllib.loads(shown)
    for key, _type in fields():
        found = values
        for part in key:
            assert part in found, key
            found = found[part]
    assert values["sites"]["suara"].keys() == {
        "enabled",
        "schedule",
        "limit",
        "backfill_days",
        "delay",
    }


def test_a_site_has_its_own_keys_before_those_of_all(toml):
    text = "[crawl]\nlimit = 9\ndelay = 2\n[sites.suara]\nlimit = 3\nschedule = '0 5 * * *'\n[sites.rmol]\nenabled = false"
    told = load(toml(text), {}, SITES).configuration
    assert (
        told.of_site("suara").limit,
        told.of_site("suara").delay,
        told.of_site("suara").schedule,
    ) == (3, 2.0, "0 5 * * *")
    assert (told.of_site("medcom").limit, told.of_site("medcom").schedule) == (9, "17 */2 * * *")
    assert told.enabled(SITES) == ["islamtimes", "medcom", "republika", "suara"]


def test_a_variable_goes_before_the_file_and_each_value_knows_where_it_comes_from(toml):
    file = toml(
        'archive = "a.db"\n\n[crawl]\nlimit = 5\nkeep = "all"\n\n[alerts]\nmail = { host = "h", sender = "a@b.c", recipients = ["d@e.f"] }\n'
    )
    given = {
        "WARTA_CRAWL_LIMIT": "7",
        "WARTA_SITES_SUARA_ENABLED": "no",
        "WARTA_ALERTS_MAIL_RECIPIENTS": "x@y.z, u@v.w",
    }
    told = load(file, given, SITES)
    configuration = told.configuration
    assert (
        configuration.crawl.limit,
        configuration.crawl.keep,
        configuration.of_site("suara").enabled,
    ) == (7, "all", False)
    assert configuration.alerts.mail is not None
    assert configuration.alerts.mail.recipients == ["x@y.z", "u@v.w"]
    assert told.origin(("crawl", "limit")) == "WARTA_CRAWL_LIMIT"
    assert told.origin(("crawl", "keep")) == str(file)
    assert told.origin(("alerts", "mail", "host")) == str(file)
    assert told.origin(("crawl", "delay")) == "default"


def test_a_relative_path_of_the_file_starts_at_the_files_folder(toml, tmp_path):
    file = toml('archive = "berita/news.db"\n[metrics]\nfile = "warta.prom"')
    told = load(file, {}, SITES).configuration
    assert (told.archive, told.metrics.file) == (
        tmp_path / "berita/news.db",
        tmp_path / "warta.prom",
    )
    assert load(file, {"WARTA_ARCHIVE": "lain.db"}, SITES).configuration.archive == Path("lain.db")


@pytest.mark.parametrize(
    ("store", "found"),
    [("bersama", "{}/bersama"), ("/srv/warta", "/srv/warta"), ("s3://ember/a", "s3://ember/a")],
)
def test_a_store_is_a_path_of_the_file_or_an_address(toml, tmp_path, store, found):
    fleet = load(toml(f"[fleet]\nstore = '{store}'"), {}, SITES).configuration.fleet
    assert fleet.store == found.format(tmp_path)


def test_the_password_of_a_mail_server_alone_asks_for_none(toml):
    assert (
        load(toml(""), {"WARTA_SMTP_PASSWORD": "rahasia"}, SITES).configuration.alerts.mail is None
    )
    mail = load(
        toml("[alerts.mail]\nhost='h'\nsender='a@b.c'\nrecipients=['d@e.f']"),
        {"WARTA_SMTP_PASSWORD": "rahasia"},
        SITES,
    )
    assert mail.configuration.alerts.mail is not None
    assert "rahasia" not in repr(mail)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "[crawl]\nlimt = 3",
            "warta.toml: crawl.limt: unknown key; expected one of keep, recheck, limit, delay, source_requests, source_minutes, backfill_days; did you mean limit?",
        ),
        (
            "crawls = 3",
            "warta.toml: crawls: unknown key; expected one of archive, contact, crawl, reading, sites, schedule, health, alerts, metrics, fleet; did you mean crawl?",
        ),
        ("[crawl]\nlimit = 'x'", 'warta.toml: crawl.limit: expected a whole number, got "x"'),
        ("[crawl]\nlimit = 0", "warta.toml: crawl.limit: expected a number from 1, got 0"),
        ("[crawl]\nlimit = 1.5", "warta.toml: crawl.limit: expected a whole number, got 1.5"),
        (
            "[crawl]\nbackfill_days = -1",
            "warta.toml: crawl.backfill_days: expected a number from 0, got -1",
        ),
        ("[crawl]\ndelay = 0.5", "warta.toml: crawl.delay: expected a number from 1, got 0.5"),
        ("[crawl]\ndelay = nan", "warta.toml: crawl.delay: expected a finite number, got nan"),
        (
            "[crawl]\nkeep = 'semua'",
            'warta.toml: crawl.keep: expected one of changed, all, first, got "semua"',
        ),
        ("crawl = 3", "warta.toml: crawl: expected a table, got 3"),
        (
            "[fleet]\nstore = 's3://kunci:rahasia@ember'",
            "warta.toml: fleet.store: expected an address without credentials; they belong into the environment",
        ),
        ("sites = 3", "warta.toml: sites: expected a table, got 3"),
        ("archive = 3", "warta.toml: archive: expected a path in quotes, got 3"),
        ("contact = ''", 'warta.toml: contact: expected a string that is not empty, got ""'),
        (
            "[sites.sura]\nlimit = 3",
            "warta.toml: sites.sura: unknown site; expected one of islamtimes, medcom, republika, rmol, suara; did you mean suara?",
        ),
        (
            "[sites.suara]\nenabled = 'ya'",
            'warta.toml: sites.suara.enabled: expected true or false, got "ya"',
        ),
        (
            "[sites.suara]\nrhythm = ''",
            "warta.toml: sites.suara.rhythm: unknown key; expected one of enabled, schedule, limit, backfill_days, delay",
        ),
        (
            "[sites.suara]\nschedule = '0 0 31 2 *'",
            "warta.toml: sites.suara.schedule: '0 0 31 2 *' is not a crontab that can run (bad day-of-month); expected minute, hour, day, month and weekday, like 17 */2 * * *",
        ),
        (
            "[schedule]\nrhythm = 'often'",
            "warta.toml: schedule.rhythm: 'often' is not a crontab that can run (bad field 'often'); expected minute, hour, day, month and weekday, like 17 */2 * * *",
        ),
        (
            "[schedule]\ntimezone = 'Asia/Jkt'",
            "warta.toml: schedule.timezone: unknown time zone 'Asia/Jkt'; expected a name like Asia/Jakarta or UTC",
        ),
        (
            "[schedule]\ntimezone = '../../etc'",
            "warta.toml: schedule.timezone: unknown time zone '../../etc'; expected a name like Asia/Jakarta or UTC",
        ),
        (
            "[health]\nmissing_share = 2",
            "warta.toml: health.missing_share: expected a number up to 1, got 2",
        ),
        (
            "[alerts.mail]\nsender = 'a@b.c'\nrecipients = ['d@e.f']",
            "warta.toml: alerts.mail.host: required, but not set",
        ),
        (
            "[alerts]\nwebhook = 'ftp://rahasia'",
            "warta.toml: alerts.webhook: expected an address like https://example.org/hook",
        ),
        (
            "[alerts.mail]\nhost='h'\nsender='a@b.c'\nrecipients=['x']",
            "warta.toml: alerts.mail.recipients: 'x' is not an e-mail address",
        ),
        (
            "[metrics]\nport = 99999",
            "warta.toml: metrics.port: expected a number up to 65535, got 99999",
        ),
        (
            "[alerts]\nwebhook = ['https://a.example/x', 'b']",
            "warta.toml: alerts.webhook: expected an address like https://example.org/hook",
        ),
        (
            "[alerts]\nwebhook = 'https://a b/'",
            "warta.toml: alerts.webhook: expected an address like https://example.org/hook",
        ),
        (
            "[alerts.mail]\nhost='h'\nsender='a@b.c'\nrecipients=['d@e.f']\nusername='n'",
            "warta.toml: alerts.mail: username and password belong together",
        ),
        (
            "[alerts.mail]\nhost='h'\nsender='a@b.c'\nrecipients=['d@e.f']\nusername='n'\npassword='rahasia'\nstarttls=false",
            "warta.toml: alerts.mail: the password would be sent unencrypted; set starttls or tls",
        ),
        (
            "[alerts.mail]\nhost='h/i'\nsender='a@b.c'\nrecipients=['d@e.f']",
            "warta.toml: alerts.mail.host: expected a host name, not 'h/i'",
        ),
        (
            "[schedule]\nlongest = 999999999999",
            "warta.toml: schedule.longest: expected a number up to 44640, got 999999999999",
        ),
        (
            "[schedule]\ncheck_every = 999999999999",
            "warta.toml: schedule.check_every: expected a number up to 44640, got 999999999999",
        ),
        (
            "[health]\ndisk_free_gb = 1e300",
            "warta.toml: health.disk_free_gb: expected a number up to 100000, got 1e+300",
        ),
        (
            "[health]\ndisk_free_gb = nan",
            "warta.toml: health.disk_free_gb: expected a finite number, got nan",
        ),
        (
            "[health]\nsilence_hours = 1e300",
            "warta.toml: health.silence_hours: expected a number up to 87600, got 1e+300",
        ),
        ("limit = = 3", "warta.toml: not valid TOML: Invalid value (at line 1, column 9)"),
    ],
)
def test_what_is_wrong_is_reported_in_one_line_with_its_place(toml, text, line):
    assert wrong(toml(text)) == [line]


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        (
            "WARTA_CRAWL_LIMIT",
            "x",
            'WARTA_CRAWL_LIMIT: crawl.limit: expected a whole number, got "x"',
        ),
        (
            "WARTA_CRAWL_LIMIT",
            "-3",
            "WARTA_CRAWL_LIMIT: crawl.limit: expected a number from 1, got -3",
        ),
        (
            "WARTA_ALERTS_MAIL_STARTTLS",
            "mungkin",
            'WARTA_ALERTS_MAIL_STARTTLS: alerts.mail.starttls: expected true or false, got "mungkin"',
        ),
        (
            "WARTA_SITES_RMOL_SCHEDULE",
            "0 0 31 2 *",
            "WARTA_SITES_RMOL_SCHEDULE: sites.rmol.schedule: '0 0 31 2 *' is not a crontab that can run (bad day-of-month); expected minute, hour, day, month and weekday, like 17 */2 * * *",
        ),
        (
            "WARTA_METRICS_PORT",
            "0",
            "WARTA_METRICS_PORT: metrics.port: expected a number from 1, got 0",
        ),
    ],
)
def test_a_wrong_variable_is_named(toml, name, value, line):
    mail = "[alerts.mail]\nhost='h'\nsender='a@b.c'\nrecipients=['d@e.f']"
    assert wrong(toml(mail), **{name: value}) == [line]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            "[schedule]\nrhythm = '*/5 * * * *'\njitter = 86400",
            [
                "warta.toml: schedule.jitter: expected less than 300, the shortest time in seconds between two runs of schedule.rhythm, got 86400"
            ],
        ),
        (
            "[schedule]\njitter = 7200",
            [
                "warta.toml: schedule.jitter: expected less than 7200, the shortest time in seconds between two runs of schedule.rhythm, got 7200"
            ],
        ),
        (
            # Five minutes is what runs may be late by default
            "[sites.rmol]\nlimit = 3\nschedule = '0,5 4 * * *'",
            [
                "warta.toml: schedule.jitter: expected less than 300, the shortest time in seconds between two runs of sites.rmol.schedule, got 300"
            ],
        ),
        (
            "[schedule]\nrhythm = '0 * * * *'\njitter = 3600\n[sites.rmol]\nschedule = '*/30 * * * *'",
            [
                "warta.toml: schedule.jitter: expected less than 3600, the shortest time in seconds between two runs of schedule.rhythm, got 3600",
                "warta.toml: schedule.jitter: expected less than 1800, the shortest time in seconds between two runs of sites.rmol.schedule, got 3600",
            ],
        ),
    ],
)
def test_runs_are_never_so_late_that_the_next_one_comes_first(toml, text, lines):
    assert wrong(toml(text)) == lines


def test_a_rhythm_that_no_site_runs_in_may_be_quicker_than_the_jitter(toml):
    off = "[sites.rmol]\nenabled = false\nschedule = '*/5 * * * *'"
    own = "\n".join(f"[sites.{site}]\nschedule = '0 4 * * *'" for site in SITES)
    load(toml(off), {}, SITES)
    load(toml(f"[schedule]\nrhythm = '*/5 * * * *'\n{own}"), {}, SITES)
    load(toml("[schedule]\nrhythm = '*/5 * * * *'\njitter = 299"), {}, SITES)


def test_each_of_several_faults_has_its_line(toml):
    assert (
        len(wrong(toml("[crawl]\nlimit = 0\nkeep = 3\n[sites.x]\n"), WARTA_METRICS_PORT="x")) == 4
    )


def test_a_file_that_is_not_there_or_no_text_is_reported_in_one_line(tmp_path):
    assert wrong(tmp_path / "tiada.toml") == [
        "tiada.toml: the configuration cannot be read (No such file or directory)"
    ]
    (tmp_path / "biner.toml").write_bytes(b"\xff\xfe\x00")
    assert wrong(tmp_path / "biner.toml") == ["biner.toml: not a text file in UTF-8"]


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_in_whole_lines(tmp_path_factory, text):
    file = tmp_path_factory.mktemp("c") / "warta.toml"
    file.write_bytes(text.encode("utf-8", "replace"))
    try:
        load(file, {}, SITES)
    except ConfigurationError as error:
        assert all(line.startswith(str(file)) for line in str(error).split("\n"))


_WORDS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["0", "7", "true", "1e9", "nan", "0 0 31 2 *", "UTC", "a@b.c", "https://a.b/c"]
    ),
)


@given(
    st.dictionaries(
        st.sampled_from(sorted(variables(SITES))),
        _WORDS.filter(lambda word: "\0" not in word),
        max_size=4,
    )
)
def test_any_variables_are_taken_or_named(environment):
    try:
        told = load(None, environment, SITES)
    except ConfigurationError as error:
        assert all(any(name in line for name in environment) for line in str(error).split("\n"))
    else:
        assert set(told.origins.values()) <= set(environment)


def test_warta_config_shows_what_is_in_force_and_keeps_secrets(toml):
    file = toml(
        "[alerts]\nwebhook = 'https://hooks.example.org/T0/rahasia?key=kunci'\n"
        "[alerts.mail]\nhost='h'\nsender='a@b.c'\nrecipients=['d@e.f']\nusername='n'\npassword='sandi'\n"
    )
    done = started("--config", str(file), "config", "--json", WARTA_CRAWL_LIMIT="4")
    found = {
        row["key"]: (row["value"], row["origin"])
        for row in map(json.loads, done.stdout.splitlines())
    }
    assert found["crawl.limit"] == (4, "WARTA_CRAWL_LIMIT")
    assert found["alerts.webhook"] == (["https://hooks.example.org/…"], str(file))
    assert found["alerts.mail.password"] == ("…", str(file))
    assert found["schedule.timezone"] == ("Asia/Jakarta", "default")
    plain = started("config", "--config", str(file))
    assert plain.exit_code == 0
    assert not any(secret in done.stdout + plain.stdout for secret in ("rahasia", "kunci", "sandi"))
    assert str(file) in plain.stdout


BROKEN = "[crawl]\nlimit = 0"


def test_a_broken_file_ends_what_asks_for_it_with_exit_2(toml):
    file = toml(BROKEN)
    told = f"Error: {file}: crawl.limit: expected a number from 1, got 0\n"
    for command in (
        ("config",),
        ("schedule", "show"),
        ("crawl",),
        ("doctor", "suara"),
        ("health",),
    ):
        done = started(*command, WARTA_CONFIG=str(file))
        assert (done.exit_code, done.stderr) == (2, told), command


def test_a_broken_file_is_nothing_to_what_does_not_ask_for_it(toml, tmp_path):
    Archive(tmp_path / "berita.db").close()
    for text in (BROKEN, "limit = = 3"):
        file = str(toml(text))
        assert started("config", "--example", WARTA_CONFIG=file).stdout == example()
        assert started("sites", WARTA_CONFIG=file).exit_code == 0
        assert (
            started("stats", "--archive", str(tmp_path / "berita.db"), WARTA_CONFIG=file).exit_code
            == 0
        )
        for command in ("crawl", "doctor", "demo", "stats"):
            assert started(command, "--help", WARTA_CONFIG=file).exit_code == 0


def test_the_archive_that_a_broken_file_names_is_read_but_none_is_guessed(
    toml, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Archive(tmp_path / "berita.db").close()
    Archive(tmp_path / "news.db").close()
    assert (
        "berita.db"
        in started("stats", WARTA_CONFIG=str(toml(f'archive = "berita.db"\n{BROKEN}'))).stdout
    )
    assert "news.db" in started("stats", WARTA_CONFIG=str(toml(BROKEN))).stdout
    for text in ("archive = 3", "limit = = 3"):
        assert started("stats", WARTA_CONFIG=str(toml(text))).exit_code == 2


def test_config_may_stand_behind_every_command_that_reads_the_configuration(toml, tmp_path):
    file = toml('archive = "tiada.db"')
    for command in (
        ("stats",),
        ("show", "1"),
        ("clusters", "rebuild"),
        ("corpus", "explain", "1", "--recipe", "x"),
    ):
        assert started(*command, "--config", str(file)).exit_code in (1, 2)
    assert "tiada.db: there is no archive here" in started("stats", "--config", str(file)).stderr
    assert (
        "tiada.db: there is no archive here"
        in started("clusters", "rebuild", "--config", str(file)).stderr
    )
    assert "no site is called x" in started("doctor", "x", "--config", str(file)).stderr


def test_one_webhook_or_several_and_tls_by_the_port(toml):
    one = load(toml("[alerts]\nwebhook = 'https://a.example/1'"), {}, SITES).configuration
    both = load(
        toml("[alerts]\nwebhook = ['https://a.example/1', 'https://b.example/2']"), {}, SITES
    ).configuration
    mail = "[alerts.mail]\nhost='h'\nport=465\nsender='a@b.c'\nrecipients=['d@e.f']\ntimeout=5"
    (secure,) = targets(load(toml(mail), {}, SITES).configuration.alerts)
    assert len(targets(one.alerts)) == 1
    assert len(targets(both.alerts)) == 2
    assert (secure.tls, secure.timeout) == (True, 5.0)
    given = load(
        None, {"WARTA_ALERTS_WEBHOOK": "https://a.example/1, https://b.example/2"}, SITES
    ).configuration
    assert targets(given.alerts) == targets(both.alerts)


def test_values_are_shown_as_the_file_has_them_and_paths_without_detours(toml, tmp_path):
    (tmp_path / "live").mkdir()
    file = toml(
        "[metrics]\nfile = 'live/../warta.prom'\n[alerts]\nwebhook = ['https://a.example/rahasia', 'https://b.example/kunci']\n"
        "[alerts.mail]\nhost='h'\nsender='a@b.c'\nrecipients=['d@e.f', 'g@h.i']"
    )
    shown = " ".join(started("config", "--config", str(file), COLUMNS="200").stdout.split())
    assert '["https://a.example/…", "https://b.example/…"]' in shown
    assert '["d@e.f", "g@h.i"]' in shown
    assert "alerts.mail.starttls true default" in shown
    assert f"{tmp_path.resolve()}/warta.prom" in shown.replace(" ", "")
    assert not any(secret in shown for secret in ("rahasia", "kunci"))


def test_an_unknown_variable_is_reported_and_ignored():
    done = started("config", WARTA_CRAWL_LIMT="3", WARTA_SHARED="somewhere")
    assert done.exit_code == 0
    assert (
        done.stderr
        == "WARTA_CRAWL_LIMT: unknown variable, ignored; did you mean WARTA_CRAWL_LIMIT?\n"
    )


def test_commands_read_the_archive_that_the_configuration_names(toml, tmp_path):
    Archive(tmp_path / "berita.db").close()
    file = toml('archive = "berita.db"')
    assert started("--config", str(file), "stats", "--json").exit_code == 0
    assert (
        "tiada.db: there is no archive here"
        in started("--config", str(file), "stats", WARTA_ARCHIVE=str(tmp_path / "tiada.db")).stderr
    )
    other = started(
        "--config",
        str(file),
        "stats",
        "--archive",
        str(tmp_path / "lain.db"),
        WARTA_ARCHIVE=str(tmp_path / "tiada.db"),
    )
    assert "lain.db: there is no archive here" in other.stderr


def test_a_file_in_the_current_folder_is_found_and_another_one_named_before_it(
    toml, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    toml('contact = "di-sini@example.org"')
    other = toml('contact = "di-sana@example.org"', "lain.toml")
    assert "di-sini@example.org" in started("config").stdout
    assert "di-sana@example.org" in started("config", WARTA_CONFIG=str(other)).stdout
    assert (
        "di-sini@example.org"
        in started("config", "--config", "warta.toml", WARTA_CONFIG=str(other)).stdout
    )


def test_a_crawl_takes_its_settings_from_the_configuration_and_an_option_goes_before_them(
    toml, monkeypatch
):
    file = toml(
        "contact = 'uji@example.org'\n[crawl]\nkeep = 'all'\nlimit = 9\ndelay = 3\n[sites.suara]\nlimit = 2\n[sites.rmol]\nenabled = false"
    )
    seen: list[tuple[list[str], dict[str, object], dict[str, tuple[object, object]]]] = []

    def run_spiders(names, settings, arguments, *, site_overrides, ctrl_c):
        assert not settings["DEMO"]
        chosen = {name: settings[name] for name in ("CONTACT", "KEEP", "DOWNLOAD_DELAY")}
        seen.append(
            (
                names,
                chosen,
                {name: (of_site.limit, of_site.delay) for name, of_site in site_overrides.items()},
            )
        )
        return []

    monkeypatch.setattr("scraper.cli.crawling.crawl.run_spiders", run_spiders)
    archive = ("--archive", str(file.with_name("news.db")))
    started("--config", str(file), "crawl", *archive)
    started(
        "--config",
        str(file),
        "crawl",
        "rmol",
        "--limit",
        "1",
        "--keep",
        "first",
        "-s",
        "DOWNLOAD_DELAY=5",
        "-s",
        "CONTACT=x",
        *archive,
    )
    (names, chosen, own), (named, given, of_named) = seen
    assert names == ["islamtimes", "medcom", "republika", "suara"]
    assert (chosen["CONTACT"], chosen["KEEP"]) == ("uji@example.org", "all")
    assert own == {
        "islamtimes": (9, 3.0),
        "medcom": (9, 3.0),
        "republika": (9, 3.0),
        "suara": (2, 3.0),
    }
    assert (named, given) == (["rmol"], {"CONTACT": "x", "KEEP": "first", "DOWNLOAD_DELAY": "5"})
    assert of_named == {"rmol": (1, None)}
