from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.site_import.pseudonyms import Pseudonyms
from harness.site_import.rule_texts import RuleTexts

PSEUDONYMS = Pseudonyms(b"k" * 32)
KNOWN = {"alice": "user_1", "n1.site": "host-1"}

RULE = r"""# mail admin@site.example
my %most = (alice => 10, "bob" => 3, default => 1); # for each
my @vip = qw(alice carol-2 n1.site);
open(my $fh, "<", "/etc/oar/vip_users.conf") or die "[ADMISSION RULE] cannot open: $!\n";
while (my $line = <$fh>) { chomp $line; push(@vip, $line) if $line =~ m/^\s*(\w+)\s*$/x; }
sub check_project { my ($p, $u) = @_; return scalar(grep { $_ eq $p } @vip) > 0 ? 1 : 0; }
if ($project =~ /^(anr|erc)-\d+$/gi and check_project($project, $user)) {
  foreach my $mold (@{$ref_resource_list}) { $mold->[1] = OAR::IO::sql_to_duration("24:00:00"); }
  $jobproperties .= " AND state_num = 1 AND mem > 64";
  die("Only ${user} may ask ($most{$user}) at http://wiki.site.example — café # moe\n") if $#vip > 3;
}
s/foo\/bar/baz/g for @vip;
"""


def texts() -> RuleTexts:
    return RuleTexts(PSEUDONYMS, ["mem", "default", "night"], KNOWN.get)


def test_words_of_the_site_have_pseudonyms() -> None:
    found = texts().renamed(RULE)
    for word in ("alice", "bob", "carol", "admin@", "vip_users", "anr", "wiki", "café", "moe", "foo", "n1.site"):
        assert word not in found.text
    for part in (
        "default => 1);\n",
        "my %most = (user_1 => 10,",
        "host-1);",
        'open(my $fh, "<", "/etc/oar/',
        'OAR::IO::sql_to_duration("24:00:00")',
        '" AND state_num = 1 AND mem > 64"',
        r"m/^\s*(\w+)\s*$/x",
        "/gi and check_project($project, $user)",
    ):
        assert part in found.text
    assert found.comments == 2
    assert found.reads == 1


@pytest.mark.skipif(not shutil.which("perl"), reason="needs perl")
def test_a_rule_is_perl_as_before() -> None:
    for rule in (RULE, texts().renamed(RULE).text):
        known = "package OAR::IO; package main; use utf8; my ($user, $project, $ref_resource_list, $jobproperties);\n"
        done = subprocess.run(["perl", "-c", "-e", known + rule], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


@given(
    st.text("abcxyz", min_size=4, max_size=9),
    st.sampled_from(["'{}'", '"{}"', "qw({})", "({} => 1)", "/{}/", "$x{{{}}}"]),
)
def test_a_word_is_the_same_wherever_it_stands(word: str, form: str) -> None:
    if texts().renamed(word).text == word:
        return
    found = texts().renamed(f"$user eq '{word}' or " + form.format(word)).text
    assert found.count(PSEUDONYMS.of("word", word)) == 2
    assert word not in found.replace(PSEUDONYMS.of("word", word), "")


def test_kept_names_lose_passwords_alone() -> None:
    kept = RuleTexts(Pseudonyms(b"k" * 32, keep=True), [], lambda _: None)
    rule = "# alice\nDBI->connect('dbi:Pg:x', 'u', 'secret'); my %c = (passwd => \"hidden\", user => 'alice');\n"
    assert kept.renamed(rule).text == (
        "# alice\nDBI->connect('dbi:Pg:x', 'removed', 'removed'); my %c = (passwd => \"removed\", user => 'alice');\n"
    )
