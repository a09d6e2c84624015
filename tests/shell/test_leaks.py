"""One secret behind each kind of hiding, and every channel of the shell at it: to read it, to change it, to learn of it.

What is hidden has names that begin with `zq` and says TOPSECRET. Three questions are asked of each view:
no command may show a hidden name or content; naming something hidden must answer as naming something absent does; and
nothing that is hidden may change, whatever is tried.
"""
# ruff: noqa: E501 - a script is one line, as it is typed

from __future__ import annotations

import pytest

from jupyter_sandfs.shell.shell import SandboxShell
from jupyter_sandfs.vfs.filesystem import VirtualFileSystem
from jupyter_sandfs.vfs.policy import NodePolicy
from jupyter_sandfs.vfs.providers import ProvidedNode
from jupyter_sandfs.vfs.views.view import VisibilityView

PRIVATE = NodePolicy(visibility="private")
SECRET = "TOPSECRET\n" * 40

HIDDEN = {
    "a file by its label": "/open/zqfile.txt",
    "a directory by its label": "/zqvault",
    "a file in a hidden directory": "/zqvault/deep/zqkey.txt",
    "a file by its principals": "/open/zqplan.txt",
    "a dynamic file": "/open/zqlive",
    "a dynamic directory": "/open/zqtable",
    "a row of a dynamic directory": "/open/zqtable/zqrow",
    "a program": "/open/zqrun",
    "a file that was once public": "/open/zqlate.txt",
}


def build() -> VirtualFileSystem:
    fs = VirtualFileSystem()
    fs.write_file("/open/a.txt", "word\n")
    fs.write_file("/open/sub/b.txt", "word two\n")
    fs.write_file("/open/zqlate.txt", SECRET)
    fs.snapshot("early")  # from before anything was hidden
    for name in ("zqfile.txt", "zqplan.txt", "zqrun", "zqgone"):
        fs.write_file(f"/open/{name}", SECRET)
    fs.chmod("/open/zqrun", 0o755)
    fs.write_file("/zqvault/deep/zqkey.txt", SECRET)
    fs.mount_file("/open/zqlive", lambda _: SECRET)
    fs.mount_directory("/open/zqtable", lambda _: {"zqrow": ProvidedNode(content=SECRET)})
    for name in ("zqfile.txt", "zqlive", "zqtable", "zqrun", "zqlate.txt", "zqgone"):
        fs.set_policy(f"/open/{name}", PRIVATE)
    fs.set_policy("/open/zqplan.txt", NodePolicy(principals=frozenset({"boss"})))
    fs.set_policy("/zqvault", PRIVATE)
    # Doors that anybody may see, which lead to what is hidden.
    fs.symlink("/open/zqfile.txt", "/open/door")
    fs.symlink("/zqvault", "/open/gate")
    fs.symlink("/zqvault/deep/zqkey.txt", "/open/window")
    fs.remove("/open/zqgone")
    fs.snapshot("late")
    return fs


VIEW = VisibilityView({"public"}, principals={"me"})


@pytest.fixture
def fs() -> VirtualFileSystem:
    return build()


@pytest.fixture
def shell(fs) -> SandboxShell:
    return SandboxShell(fs, view=VIEW, timeout=10)


def everything(result) -> str:
    return f"{result.stdout}\n{result.stderr}\n{result.changes}"


def hidden_state(fs):
    """All that is hidden, as the owner sees it."""
    return (
        fs.read_text("/open/zqfile.txt"),
        fs.read_text("/open/zqplan.txt"),
        fs.read_text("/open/zqlate.txt"),
        fs.read_text("/zqvault/deep/zqkey.txt"),
        fs.stat("/open/zqrun").mode,
        *(fs.get_policy(path) for path in HIDDEN.values()),
        *(fs.stat(path, follow=False).modified_ns for path in HIDDEN.values() if "zqrow" not in path),
    )


# ---------------------------------------------------------------- looking around

LOOKING = [
    "ls -laR /; ls -a /open; ls -lS /open; ls -i /open; ls -s /open; ls -1U /open; ls /open/.; ls -d /* /*/* /*/*/*; ls -LR /; ls -laRL /",
    "tree -a /; tree -d /; find /; find / -ls 2>/dev/null; find -L /; find / -type f -size +1c; find / -name '*q*'; find / -newer /open/a.txt; find / -perm -100; find / -printf '%p %s\\n'; find / -lname '*'",
    "echo /* /*/* /*/*/* /open/.* /open/z* /open/[z]* /open/?q* /z*; shopt -s globstar dotglob nullglob; echo /** /open/**; compgen -f /open/; compgen -f /z; compgen -G '/open/*'; compgen -d /",
    "cat /*/* /*/*/* 2>/dev/null; head -n 99 /open/* 2>/dev/null; tail /open/* 2>/dev/null; cat /open/door /open/window /open/gate/deep/* 2>/dev/null; sort /open/*; paste /open/* 2>/dev/null; tac /open/a.txt /open/* 2>/dev/null",
    "grep -r . / ; grep -R . /; grep -ra TOP /open; grep -rl . /; grep -rL nope /; grep -rc . /; grep . /open/* 2>/dev/null; egrep -r SECRET /; fgrep -rs TOP /",
    "rg . /; rg -uuu . /; rg --files /; rg --files -uuu /; rg -L TOP /; rg -uuu -l . /; rg -c . / -uuu; rg --files-without-match nope / -uuu; rg -g '*' -uuu . /",
    "du -a /; du -ab /; du -s /; du -sL / 2>/dev/null; du -c /open /; wc -c /open/* 2>/dev/null; wc /open/door 2>/dev/null; stat /open/* /* 2>/dev/null; stat -c '%n %s %b %N' / /open /open/*; stat -L /open/* 2>/dev/null",
    "tar cf - / 2>/dev/null | tar tvf -; tar cf /t.tar /open; tar tf /t.tar; tar xOf /t.tar; mkdir /x; tar xf /t.tar -C /x; find /x; cat /x/open/* 2>/dev/null",
    "tar chf /t.tar /open 2>/dev/null; tar tvf /t.tar; tar xOf /t.tar 2>/dev/null; zip -r /z /open >/dev/null 2>&1; unzip -l /z 2>/dev/null; gzip -c /open/* 2>/dev/null | gunzip 2>/dev/null",
    "cp -r /open /copy; find /copy; cat /copy/* /copy/*/* 2>/dev/null; cp -rL /open /copy2 2>/dev/null; find /copy2; cp /open/* / 2>/dev/null; ls /; cp -a /open/. /copy3; ls -la /copy3; cp -rv /open /copy4",
    "mv /open/sub /moved; find /moved; cp /open/door /stolen 2>/dev/null; cat /stolen 2>/dev/null; cp -P /open/door /d2; cat /d2 2>/dev/null; mv /open/door /d3; cat /d3 2>/dev/null; readlink -f /open/gate | grep -v zq",
    "md5sum /open/* 2>/dev/null; sha256sum /open/* 2>/dev/null; cksum /open/* 2>/dev/null; file /open/* 2>/dev/null; strings /open/* 2>/dev/null; od -c /open/* 2>/dev/null | head; xxd /open/door 2>/dev/null; base64 /open/window 2>/dev/null",
    "changes early; changes late; changes early late; changes; journal -n 1000; journal; snapshots; history; help > /dev/null",
    "restore early; ls -laR /; cat /open/* 2>/dev/null",
    "branch b; branch switch b; ls -laR /; cat /open/* 2>/dev/null; find / -type f -exec cat {} +; rg -uuu . /; tar cf - / 2>/dev/null | tar tf -; journal; changes early; snapshots; branch merge main; branch switch main; branch merge b; branch",
    "restore late; ls -laR /; cat /open/* 2>/dev/null",
    "df; df -a; free; ps; env; set; declare -p; alias; type -a ls; jobs; ulimit -a; mount 2>/dev/null; cat /proc/*/* /etc/* /dev/* 2>/dev/null; uname -a; id; who",
    'while read -r f; do cat "$f"; done < <(find / -type f); find / -type f -exec cat {} +; find / -type f -print0 | xargs -0 cat; for f in /open/*; do cat $f; done 2>/dev/null; ls /open | xargs -I{} cat /open/{} 2>/dev/null',
    "awk '{print FILENAME, $0}' /open/* 2>/dev/null; sed -n p /open/* 2>/dev/null; jq -R . /open/* 2>/dev/null; cut -c1-9 /open/* 2>/dev/null; diff /open/a.txt /open/door; cmp /open/a.txt /open/window; comm /open/a.txt /open/door; join /open/a.txt /open/door 2>&1",
    "cd /open; ls; pwd; cd ..; ls; cd /open/gate; pwd; ls; cd /open/sub; ls ..; ls ../*; echo ~; pushd /open; dirs; popd; ls -d .. ../..",
    "mapfile -t a < /open/door; echo ${a[@]}; read x < /open/window; echo $x; exec 3< /open/door; cat <&3; source /open/door; . /open/window; bash /open/door; /open/door; cat < /open/door; x=$(</open/door); echo $x; echo $(< /open/window)",
    "ln -s /open l; find -L /l; ls -lR /l/; ln -sr /open/door rl; cat rl; ln -s l l2; cat l2/door; ln -s / root; ls -R root/; rm l; touch -h l 2>/dev/null; realpath /open/* 2>/dev/null | grep -v 'door\\|gate\\|window\\|zq'; readlink -m /open/sub/../a.txt",
    "tee /out < /open/door; dd if=/open/door of=/out2; install /open/door /out3; split /open/door /part; csplit /open/door 1 2>/dev/null; truncate -r /open/door /out4; cat /out* /part* 2>/dev/null; split /open/window; ls",
    "touch -r /open/door /t; date -r /open/door; find / -newer /open/door; chmod --reference=/open/door /open/a.txt; grep -f /open/door /open/a.txt; awk -f /open/door; sed -f /open/door /open/a.txt; xargs -a /open/door echo; bc /open/door; patch < /open/door; sort --files0-from=/open/door",
    'python -c \'import os\nfor each in os.walk("/"): print(each)\nfrom pathlib import Path\nprint(list(Path("/").rglob("*")))\nfor name in os.listdir("/open"):\n    try: print(open("/open/" + name).read())\n    except OSError as error: print(type(error))\'',
    "cp -r /open /k; diff -r / /k; diff -rN /open /k; diff -ruN /open /empty > /p; cat /p; patch -R -p0 < /p; diff -rq /open /; find / -samefile /open/a.txt; compgen -f /open/; compgen -d /; PATH=/open:$PATH; compgen -c z",
    "publish /open/door; stage files/x /open; files list; undo; redo; branch; policy /open; versions /open; mounts; python -c 'print(open(\"/open/door\").read())'; host -p /open cat door",
]


@pytest.mark.parametrize("line", LOOKING)
def test_looking_around_shows_nothing_hidden(fs, shell, line):
    before = hidden_state(fs)

    seen = everything(shell.exec(line))

    # What the visible doors say is theirs to say: the names that they point at.
    told = seen
    for name in ("zqfile.txt", "zqvault/deep/zqkey.txt", "zqvault"):
        told = told.replace(f"/{name}", "")
    assert "TOPSECRET" not in seen
    assert "SECRET" not in seen.replace("SECRET /", "")
    assert "zq" not in told
    assert hidden_state(fs) == before


def test_the_owner_is_shown_it_by_the_same_commands(fs):
    seen = [everything(SandboxShell(build(), timeout=10).exec(line)) for line in LOOKING]

    assert sum("TOPSECRET" in each for each in seen) > len(LOOKING) // 2
    assert sum("zqplan" in each for each in seen) > len(LOOKING) // 2


def test_the_size_of_what_is_hidden_is_in_no_figure(fs):
    plain = VirtualFileSystem()
    plain.write_file("/open/a.txt", "word\n")
    plain.write_file("/open/sub/b.txt", "word two\n")
    for name, target in (("door", "/open/zqfile.txt"), ("gate", "/zqvault"), ("window", "/zqvault/deep/zqkey.txt")):
        plain.symlink(target, f"/open/{name}")
    line = "du -ab / | grep -v window; du -s /open; ls -l / | head -1; ls -la /open | head -1; find / -type f | wc -l; find / | wc -l; tar cf - /open 2>/dev/null | tar tf - | wc -l; stat -c %s /open /; ls -ld /open | cut -c1-30; rg -c . / -uuu; rg --files / | wc -l"

    assert SandboxShell(fs, view=VIEW).exec(line).stdout == SandboxShell(plain).exec(line).stdout


# ---------------------------------------------------------------- asking for a name

ASKING = [
    "cat {p}; head {p}; tail {p}; wc {p}; ls {p}; ls -d {p}; ls -la {p}; ls {p}/; ls -R {p}; stat {p}; stat -L {p}",
    "[ -e {p} ]; echo $?; [ -f {p} ]; echo $?; [ -d {p} ]; echo $?; [ -L {p} ]; echo $?; [ -r {p} ]; echo $?; [ -s {p} ]; echo $?; [ -x {p} ]; echo $?; [ {p} -nt /open ]; echo $?; [ /open -nt {p} ]; echo $?; [ {p} -ef {p} ]; echo $?; [[ -e {p} && -f {p} ]]; echo $?; test -w {p}; echo $?",
    "cd {p}; pwd; pushd {p}; find {p}; find {p} -type f; find -L {p}; du {p}; du -s {p}; tree {p}; file {p}",
    "grep . {p}; grep -r . {p}; grep -c . {p}; grep -q . {p}; echo $?; rg . {p}; rg --files {p}; egrep . {p}",
    "cp {p} /x1; cp -r {p} /x2; cp -P {p} /x3; cp -a {p} /x4; mv {p} /x5; ls /; cp /open/a.txt /x6; ls /",
    "rm {p}; rm -r {p}; rm -rf {p}; echo $?; rmdir {p}; unlink {p}; rm -d {p}",
    "chmod 777 {p}; chmod -R 777 {p}; touch -c {p}; echo $?; touch -r {p} /t; ls /t; chmod --reference={p} /open/a.txt; date -r {p}; truncate -c -s 0 {p}; echo $?",
    "readlink {p}; echo $?; readlink -e {p}; echo $?; realpath -e {p}; realpath {p}; echo $?; md5sum {p}; sha256sum {p}",
    "sort {p}; uniq {p}; cut -c1 {p}; awk 1 {p}; sed p {p}; tr a b < {p}; tac {p}; rev {p}; nl {p}; paste {p}; od {p}; xxd {p}; strings {p}; base64 {p}; jq . {p}; column {p}; fold {p}; expand {p}",
    "cat < {p}; echo $?; read x < {p}; echo $x; mapfile a < {p}; echo ${{#a[@]}}; exec 3< {p}; echo $?; x=$(< {p}); echo $x; source {p}; . {p}; bash {p}; {p}; echo $?; cat <(cat {p})",
    "tar cf - {p} | wc -c; tar cf /t.tar {p}; ls /t.tar; gzip -k {p}; gzip -c {p} | wc -c; zip /z.zip {p}; bzip2 -k {p}; zcat {p}; tar xf {p}; unzip {p}; gunzip {p}",
    "diff {p} /open/a.txt; cmp {p} /open/a.txt; comm {p} /open/a.txt; join {p} /open/a.txt; diff -u /open/a.txt {p}; patch /open/a.txt {p}; csv {p}; yq . {p}; json {p}",
    "echo {p}*; echo {p}; ls {p}* ; compgen -f {p}; compgen -G '{p}*'; for f in {p}; do [ -e $f ] && echo there; done; set -- {p}*; echo $#; case {p} in /*) echo path;; esac",
    "ln -s {p} /l; cat /l; ls -L /l; ls -l /l/; stat -L -c %s /l; [ -e /l ]; echo $?; [ -f /l ]; echo $?; cp /l /c; cp -L /l /c; find -L /l -type f; readlink -e /l; echo $?; head /l; cd /l; grep . /l; du -L /l; du -D /l; chmod 700 /l; touch -c /l; wc -c /l; cat /l/x",
    "dd if={p} of=/o; install {p} /i; split {p}; ls /; tail -n1 {p}; head -c1 {p}; shuf {p}; grep -f {p} /open/a.txt; awk -f {p} /open/a.txt; sed -f {p} /open/a.txt; xargs -a {p} echo; bc {p}; numfmt < {p}; sort -c {p}; sort -m {p} /open/a.txt",
    "policy {p}; policy --label public {p}; versions {p}; mounts {p}; publish {p}; changes {p}; help {p}; journal {p}; restore {p}; snapshot; changes; ls -l --time-style=full-iso {p}; env -C {p} ls; timeout 1 cat {p}; nice cat {p}; command cat {p}; xargs cat <<< {p}; find / -path {p}; find / -samefile {p}; find / -newer {p}",
    'python {p}; python -c \'print(open("{p}").read())\'; python -c \'import os; print(os.path.exists("{p}"), os.listdir("{p}"))\'; python -c \'from pathlib import Path; print(Path("{p}").is_file()); Path("{p}").stat()\'; branch b; branch switch b; cat {p}; ls {p}; branch switch main; branch {p}',
    "type {p}; type -P {p}; which {p}; command -v {p}; hash {p}; PATH={p}:$PATH; ls; x; bash -n {p}; env {p}; nohup {p}; exec {p}",
    "PATH=/open:/zqvault/deep:/zqvault:$PATH; n=$(basename {p}); for how in 'type -a' 'type -P' which 'which -a' 'command -v' hash env nohup 'compgen -c' '/usr/bin/env' eval; do $how $n > /out 2> /dev/null; echo $?; wc -c < /out; done",
    "diff -r {p} /open; diff -rN {p} /nothing; diff -q {p} {p}; df {p}; df -i {p}; patch -i {p}; patch --dry-run {p} /open/a.txt; cp -n {p} /y; cp -u {p} /y; ls /y; tar cf /u.tar {p} /open/a.txt; tar tf /u.tar; zip -r /u.zip {p}; ls /u.zip; explain {p}",
    "cat {p}/x; ls {p}/x; cat {p}/../open/a.txt; cd {p}/..; pwd; ls {p}/..; stat {p}/.; [ -d {p}/. ]; echo $?; cat /open/../{p}; cat //{p}; ls {p}/.",
]

ABSENT = {path: path.replace("zq", "no") for path in HIDDEN.values()}


@pytest.mark.parametrize("line", ASKING)
@pytest.mark.parametrize("path", HIDDEN.values(), ids=HIDDEN.keys())
def test_asking_for_what_is_hidden_answers_as_for_what_is_absent(path, line):
    answers = []
    for name in (path, ABSENT[path]):
        fs = build()
        before = hidden_state(fs)
        result = SandboxShell(fs, view=VIEW, timeout=10).exec(line.format(p=name))
        assert hidden_state(fs) == before
        answers.append((everything(result).replace(name, "PATH").replace(name[1:], "PATH"), result.exit_code))

    assert answers[0] == answers[1]
    assert "TOPSECRET" not in answers[0][0]


MAKING = frozenset(("flock", "link", "mkdir", "mkfifo", "tee", "touch", "truncate"))  # make what they name: refused
BY_CHANCE = frozenset(("date", "history", "mktemp", "ps", "shuf", "time", "uptime", "uuidgen"))
ELSEWHERE = frozenset(("host",))  # has its own test, and needs a wall


def names_of_commands() -> list[str]:
    known = SandboxShell(VirtualFileSystem()).exec("compgen -c").stdout.split()
    every = {name.removesuffix("@") for name in known} - {"{", "}", "!", "[[", "]]"}
    keywords = {"case", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if", "in", "select", "then"}
    return sorted(every - keywords - {"until", "while", "coproc", "exit"} - MAKING - BY_CHANCE - ELSEWHERE)


@pytest.mark.parametrize("path", HIDDEN.values(), ids=HIDDEN.keys())
def test_no_command_at_all_tells_what_is_hidden_from_what_is_not_there(path):
    hidden, gone = build(), build()
    gone.remove("/open/zqtable" if "zqrow" in path else path, recursive=True)
    shells = [SandboxShell(fs, view=VIEW, timeout=10) for fs in (hidden, gone)]

    lines = [
        line.format(command, path)
        for command in names_of_commands()
        for line in ("{} {} < /dev/null", "{} < {}", "{} -a {} < /dev/null")
    ]
    told = [{line: (everything(result := shell.exec(line)), result.exit_code) for line in lines} for shell in shells]

    assert len(lines) > 600
    assert told[0] == told[1]
    assert "TOPSECRET" not in str(told)


# ---------------------------------------------------------------- changing

CHANGING = [
    "rm -rf /open; rm -rf /*; rm -r /open/*; cd /open && rm -rf . ..; find / -delete; find / -type f -exec rm {} +; rm -rf /",
    "mv /open /elsewhere; mv /open/* /; mkdir /e; mv /open /e; mv /e /open; cp -r /e /open; rm -r /e; mv -f /open/a.txt /zqvault",
    "echo x > /open/zqfile.txt; echo x >> /open/zqfile.txt; echo x > /open/door; echo x >> /open/window; tee /open/door <<< x; cp /open/a.txt /open/door; cp /open/a.txt /open/zqfile.txt",
    "echo x > /zqvault/deep/zqkey.txt; echo x > /zqvault/new; mkdir /zqvault/new; touch /zqvault/new; ln -s / /zqvault/l; cp -r /open /zqvault; mv /open/sub /zqvault; mkdir -p /zqvault/deep/more",
    "sed -i s/T/x/ /open/*; sed -i s/T/x/ /open/door; truncate -s 0 /open/door; truncate -s 0 /open/zqfile.txt; dd if=/open/a.txt of=/open/door; sort -o /open/zqplan.txt /open/a.txt; split /open/a.txt /open/zq",
    "chmod -R 000 /; chmod 777 /open/zqrun; chmod 777 /open/door; touch -d 2000-01-01 /open/zqfile.txt; touch -d 2000-01-01 /open/door /open/*; find / -exec touch {} +; find / -exec chmod 0 {} +",
    "ln -sf /open/a.txt /open/zqlink; ln -sf /open/a.txt /open/zqfile.txt; ln -sfn /open /zqvault; ln -sf /open/a.txt /open/zqlive; mv /open/a.txt /open/zqlink; mv /open/a.txt /open/zqlive; rm /open/zqlink",
    "restore early; restore late; restore early; undo; undo; undo; redo; snapshot x; rm -r /open/sub; restore x; restore late",
    "branch b; branch switch b; rm -rf /open; echo x > /open/zqfile.txt; echo x > /zqvault/new; undo; branch switch main; branch merge b; branch merge --conflicts theirs b; branch delete b",
    "tar cf /t.tar -C /open .; mkdir /x; cd /x; mkdir open; echo evil > open/zqfile.txt; tar cf /e.tar open; cd /; tar xf /e.tar; tar xf /e.tar --overwrite; unzip /e.tar; gzip /open/zqfile.txt; gunzip /open/zqfile.txt; patch /open/zqfile.txt < /open/a.txt",
    "policy --label public /open/zqfile.txt; policy --clear /zqvault; policy --label public /open/door; policy --clear /open; policy --label public /; undo; undo; undo; undo; undo; undo; redo; redo; redo",
    "mkdir /open/zqfile.txt; mkdir -p /open/zqfile.txt/x; rmdir /open/zqtable; touch /open/zqtable/new; echo x > /open/zqtable/zqrow; echo x > /open/zqlive; rm /open/zqlive /open/zqtable; mv /open/a.txt /open/zqtable",
]


@pytest.mark.parametrize("line", CHANGING)
def test_nothing_that_is_hidden_changes(fs, shell, line):
    before = hidden_state(fs)

    for each in (line, *line.split("; ")):
        seen = everything(shell.exec(each))
        assert "TOPSECRET" not in seen

    assert hidden_state(fs) == before
    assert fs.exists("/zqvault/deep/zqkey.txt")
    assert fs.ls("/zqvault") == [each for each in fs.ls("/zqvault") if each.name == "deep"]


# ---------------------------------------------------------------- the past


@pytest.mark.parametrize(
    "line",
    [
        "undo; undo; undo; ls -la /open; cat /open/*",
        "undo; redo; cat /open/zqmine; redo",
        "restore mine; ls -la /open; cat /open/*",
        "restore early; cat /open/*; changes mine; changes early mine; changes mine early",
        "journal -n 1000; versions /open/zqmine; snapshots; changes mine",
        "branch b; branch switch b; cat /open/zqmine; undo; ls /open",
        "cp /open/zqmine /x; mv /open/zqmine /y; ls /open; rm /open/zqmine; echo x > /open/zqmine",
    ],
)
def test_what_was_ones_own_is_gone_with_the_policy_that_hides_it(fs, line):
    shell = SandboxShell(fs, view=VIEW, actor="me", timeout=10)
    shell.exec("echo TOPSECRET > /open/zqmine; snapshot mine")
    shell.exec("echo TOPSECRET again >> /open/zqmine")
    fs.set_policy("/open/zqmine", PRIVATE)
    before = fs.read_text("/open/zqmine"), fs.get_policy("/open/zqmine"), fs.version("/open/zqmine")

    seen = everything(shell.exec(line))

    assert "TOPSECRET" not in seen
    assert "zqmine" not in seen.replace("/open/zqmine", "")
    assert (fs.read_text("/open/zqmine"), fs.get_policy("/open/zqmine"), fs.version("/open/zqmine")) == before


# ---------------------------------------------------------------- other doors of the shell


def test_a_dry_run_tells_nothing_of_what_is_hidden(shell):
    for line in (*LOOKING, *CHANGING):
        told = shell.explain(line)
        seen = f"{everything(told.result)} {told.written} {told.removed} {told.changes}"
        assert "TOPSECRET" not in seen
        assert "zqplan" not in told.written + told.removed


def test_a_function_of_the_user_sees_what_the_view_sees(fs, shell):
    shell.register_command("look", lambda call: " ".join(call.fs.listdir("/open")) + str(call.fs.exists("/zqvault")))
    shell.register_command("cat", lambda call: call.read(call.argv[0]))

    seen = everything(shell.exec("look; cat /open/zqfile.txt; cat /open/door; cat /zqvault/deep/zqkey.txt"))

    assert "TOPSECRET" not in seen
    assert seen.count("zq") == seen.count("zqfile.txt") + seen.count("zqvault") + seen.count("zqkey")
    assert "False" in seen


def test_a_transaction_that_fails_leaves_what_is_hidden(fs, shell):
    before = hidden_state(fs)

    shell.exec("echo x > /open/a.txt; rm -rf /open; echo x > /open/new; false", transaction=True)

    assert hidden_state(fs) == before
    assert fs.read_text("/open/a.txt") == "word\n"


@pytest.mark.parametrize(
    "rule",
    [
        VisibilityView(prefixes=["/open/sub"]),
        VisibilityView({"public"}, prefixes=["/open/sub"]),
        VisibilityView({"public"}, principals={"me"}, prefixes=["/open/sub"]),
    ],
    ids=["prefix", "prefix and label", "all three"],
)
def test_a_view_of_one_place_shows_that_place_and_the_way_to_it(fs, rule):
    shell = SandboxShell(fs, view=rule)

    seen = shell.exec(
        "find /; rg -uuu . /; tar cf - / 2>/dev/null | tar tf -; cp -r /open /open/sub/copy; cat /open/a.txt; changes early; journal"
    )

    assert "zq" not in everything(seen)
    assert "a.txt" not in seen.stdout
    assert seen.stdout.startswith("/\n/open\n/open/sub\n/open/sub/b.txt\n")
