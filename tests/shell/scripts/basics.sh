#: list names
ls; ls notes data; ls -a; ls -A
#: list in orders
touch -d 2020-01-03 notes/done.txt; touch -d 2020-01-02 notes/todo.txt notes/deep; ls -t notes; ls -tr notes; ls -S data; ls -r data
#: list below
ls -R; ls -RA notes
#: list marked
ln -s notes n; ls -F; ls -d notes n; ls n; chmod +x run.sh; ls -F run.sh n
#: list what is missing
ls nope notes/todo.txt data; echo $?
#: list files before directories
ls run.sh notes .hidden data
#: list with a wrong option
ls --zzz 2>/dev/null; echo $?; ls -Z/ 2>/dev/null >/dev/null; echo
#: redirect and append
echo a > x; echo b >> x; cat x; cat < x | tr a-z A-Z > y; cat y
#: redirect into nowhere
echo a > no/such/x; echo $?; ls no 2>/dev/null; echo $?
#: redirect onto a directory
echo a > notes; echo $?
#: pipes
cat data/one.csv | tail -n +2 | cut -d, -f1 | sort -r | head -2
#: exit code of a pipe
false | true; echo $?; set -o pipefail; false | true; echo $?
#: script file
bash run.sh a b; echo $?; source run.sh c
#: variables
x=5; y="$x and ${x}0"; echo "$y" ${z:-none} ${#y} ${y% *} ${y#* }
#: arithmetic
echo $((2 ** 10)) $((7 / 2)) $((7 % 3)); ((3 > 2)) && echo yes
#: loops
for f in notes/*.txt; do echo "$f: $(wc -l < "$f")"; done; i=0; while [ $i -lt 3 ]; do echo $i; i=$((i+1)); done
#: functions
greet() { local who=$1; echo "hi $who"; return 4; }; greet Ada; echo $?
#: case
for f in run.sh data/one.csv notes; do case $f in *.sh) echo shell;; *.csv) echo table;; *) echo other;; esac; done
#: here document
n=3; cat <<END > doc
n is $n
END
cat doc; cat <<'END'
$n
END
#: globs
echo notes/*.txt *.sh data/*.{csv,bin} nope* [nd]*; echo .h*
#: tests
[ -f run.sh ] && [ -d notes ] && [ ! -e nope ] && [ -s data/one.csv ] && [ ! -s data/empty ]; echo $?
#: copy
cp run.sh copy.sh; cp -r notes copied; cp data/raw.bin data/two.bin; cmp data/raw.bin data/two.bin; find copied | sort
#: copy into a directory
cp run.sh notes; cp run.sh notes/deep/renamed.sh; ls notes notes/deep
#: move
mv run.sh go.sh; mv notes/deep data; ls; ls data
#: move over
mv data/one.csv data/empty; cat data/empty; ls data
#: remove
rm run.sh; rm -r notes; rm nope; echo $?; rm -f nope; echo $?; rm data 2>/dev/null; echo $?
#: directories
mkdir a; mkdir -p b/c/d; mkdir a 2>/dev/null; echo $?; rmdir a; rmdir b 2>/dev/null; echo $?; mkdir no/such 2>/dev/null; echo $?
#: walk
cd notes; pwd | sed 's,.*/,,'; cd deep/er; cat ../../todo.txt; cd - > /dev/null; cat todo.txt; cd nope 2>/dev/null; echo $?
#: grep
grep -n milk notes/todo.txt; grep -i MILK notes/done.txt; grep -c a data/one.csv; grep -v a data/one.csv; grep nope run.sh; echo $?
#: grep below
grep -rn milk notes | sort; grep -ril milk . | sort; grep -rc milk notes | sort; grep -rL milk notes
#: grep options
grep -E '^(ada|alan)' data/one.csv; grep -o '[0-9]*' data/one.csv; grep -w age data/one.csv; grep -h milk notes/*.txt; grep -e ada -e grace data/one.csv; grep -A1 ada data/one.csv
#: sed
sed -n 2p data/one.csv; sed 's/a/A/g' data/one.csv; sed -i '1d' data/one.csv; cat data/one.csv
#: awk
awk -F, 'NR > 1 { s += $2 } END { print s / (NR - 1) }' data/one.csv
#: find
find . -name '*.txt' | sort; find notes -type d | sort; find data -size 0; find notes -name '*.md' -exec cat {} ';'
#: xargs
ls data | xargs -n 1 echo got; printf 'notes/todo.txt\n' | xargs cat
#: links
ln -s notes/todo.txt l; cat l; readlink l; [ -L l ] && echo link; ln -s nope d; [ -e d ] || echo dangling; cat d; find . -type l | sort; rm d
#: links to directories
ln -s notes n; cat n/todo.txt; ls n; cd n; ls; cd ..; rm n; ls notes
#: write through a link
ln -s run.sh l; echo new > l; cat run.sh; cp data/one.csv l; readlink l; mv data/empty l; cat l
#: binary
cat data/raw.bin > copy.bin; cp copy.bin again.bin; head -c 100 data/raw.bin | wc -c; cat data/raw.bin >> again.bin; wc -c < again.bin; md5sum < data/raw.bin; base64 data/raw.bin | base64 -d | cmp - data/raw.bin
#: unicode
mkdir -p 'ünï cödé/日本'; echo ☃ > 'ünï cödé/日本/snow ☃'; cat ünï*/*/*; rm run.sh; cp -r ünï* data
#: odd names
touch -- -dash 'sp ace' 'q"uote'; ls; rm -- -dash; echo x > 'sp ace'; cat sp*
#: touch
touch new run.sh; touch -c none; ls; touch no/such; echo $?; touch 2>/dev/null; echo $?; touch -t 202001020304.05 new; date -u -r new +%s 2>/dev/null | head -c 0
#: status of missing commands
nosuchcommand 2>/dev/null; echo $?; true && false || echo fallback
#: subshells
(cd notes; x=1; echo $(pwd | sed 's,.*/,,')); echo ${x:-unset}; { echo a; echo b; } | wc -l
#: errors stop with set -e
set -e; echo before; false; echo after
#: sorting and counting
cat notes/*.txt | tr ' ' '\n' | tr A-Z a-z | sort | uniq -c | sort -rn | head -3 | sed 's/^ *//'; wc data/one.csv
#: tee and diff
echo new | tee a b > /dev/null; diff a b; echo $?; diff run.sh a > /dev/null; echo $?
#: archives
tar cf t.tar notes; mkdir out; tar xf t.tar -C out; cat out/notes/todo.txt; gzip -c run.sh | gunzip; rm t.tar
#: exit code
echo out; exit 7
#: sleep
sleep 0.01; echo $?; sleep x 2>/dev/null; echo $?; timeout 0.05 sleep 5; echo $?
