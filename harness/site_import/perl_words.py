"""Words that may stay in an admission rule: Perl's, OAR's, and plain English ones. All others become pseudonyms."""

from __future__ import annotations

from harness.model.cluster import RESOURCE_STATES, SYSTEM_COLUMNS
from harness.model.job import JOB_STATES
from harness.site_import.conditions import SQL_WORDS
from harness.site_import.passing_columns import NOT_TAKEN, TABLES

_PERL = """
    __END__ __DATA__ and abs atan2 binmode bless chomp chop chr close closedir cmp cos crypt defined delete die do
    each else elsif eof eq eval exec exists exit exp for foreach fork ge getgrent getgrgid getgrnam getpwnam
    getpwuid glob gmtime goto grep gt hex if index int join keys last lc lcfirst le length local localtime log
    lstat lt map mkdir my ne next no not oct open opendir or ord our pack package pop pos print printf push qq qr
    qw qx quotemeta rand read readdir readline redo ref require return reverse rewinddir scalar select shift sleep
    sort splice split sprintf sqrt srand stat strict sub substr system tell tr uc ucfirst undef unless unlink
    unpack unshift until use utf8 vars wait wantarray warn warnings while x xor y STDIN STDOUT STDERR ENV ARGV
    HOME USER PATH SHELL FILE FH LINE DBI POSIX Data Dumper List Util first sum max min uniq any all none strftime
    mktime import sth row rows array hash value
"""
_OAR = """
    OAR IO Sub Tools Conf Schedulers Modules admission rule rules user users queue queue_name type_list type types
    ref_resource_list resource_list resources resource property properties jobproperties job_properties project
    jobproperties_applied_after_validation reservationField reservationfield jobType jobtype command
    initial_request max_walltime walltime mold moldable sql_to_duration duration_to_sql sql_to_local local_to_sql
    dbh dbh_ro job_id apply_properties interactive import_job_key_inline import_job_key_file export_job_key_file
    use_job_key job_vars notify info_type stdout stderr array array_id array_index launching_directory idxs
    checkpoint signal hold restart name job_name initial jobs job oarsub oarstat oardel oarnodes oar root
    besteffort deploy container inner timesharing cosystem idempotent noop placeholder allowed token
    desktop_computing postpone deadline expire standby default admin advance reservation PASSIVE INTERACTIVE
    Interactive passive YES NO None toSchedule Scheduled ADMISSION RULE SELECT FROM WHERE AND OR NOT IN LIKE COUNT
    count INSERT UPDATE DELETE INTO SET VALUES ORDER BY GROUP JOIN ON AS DISTINCT NULL IS select from where sum
    limit LIMIT core cpu host gpu node nodes network_address
"""
_ENGLISH = """
    a about access account after again ago all allow allowed already also an and any are as ask at automatically
    be because been before between but by can cannot change check contact could day days do does done each enough
    error ERROR Error exceed exceeded execution exists fails few file files for from further get given go granted
    greater group has have here hour hours how however i if in into is it its just large least less limit limited
    limits list long longer many match max maximum may member members message min minimum minute minutes more most
    must my name need needs new no nor not note nothing now number of off on once one only or other our out over
    own per please prevent print privilege prohibited queue request requested requests required restrict
    restricted same second seconds see set should since size so some specify specified submission submit submitted
    submitting such than that the their them then there these they this those time to too under unknown unless
    unlimited until up use used using value values wait was way week weeks were what when where which while who
    whose why will with within without would wrong you your big small short night today Monday Tuesday Wednesday
    Thursday Friday Saturday Sunday Limit Only Please Note Warning WARNING INFO Info Added Changed Set Use Too
    This The You Your Job Jobs Walltime etc tmp dev null var lib usr bin home true false yes
"""

WORDS = frozenset(
    (
        *(_PERL + _OAR + _ENGLISH).split(),
        *JOB_STATES,
        *RESOURCE_STATES,
        *SYSTEM_COLUMNS,
        *SQL_WORDS,
        *(word.upper() for word in SQL_WORDS),
        *TABLES,
        *NOT_TAKEN,
        *("resources", "queues", "admission_rules"),
        *(column for rule in TABLES.values() for column in (*rule.columns, *rule.left)),
    )
)
"""All of them."""
