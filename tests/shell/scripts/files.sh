#: make and remove directories
mkdir d; mkdir -p d/e/f; mkdir d 2>/dev/null; echo $?; mkdir -v g; rmdir g; rmdir d 2>/dev/null; echo $?; rmdir -p d/e/f; ls; mkdir a b c; ls -d ?; mkdir -m 700 m; stat -c %a m
#: copy
cp run.sh c1; cp run.sh notes/; cp -r notes n2; cp notes/*.txt data; ls data n2; cp nope x; echo $?; cp notes x 2>/dev/null; echo $?; cp run.sh data/one.csv nope/ 2>/dev/null; echo $?; cp -v run.sh c2; cp -n data/one.csv c1; cat c1; cp -p run.sh c3; cp -a notes n3; ls n3; cp run.sh run.sh 2>/dev/null; echo $?; cp -t data run.sh; ls data
#: copy directories onto others
mkdir t; cp -r notes t; ls t; cp -r notes/. t; ls t; cp -r notes t2; cp -r notes t2; ls t2; cp -rT notes t3; ls t3; cp -u run.sh t; cp -r data notes t; ls t
#: move
mv run.sh r2; ls; mv r2 notes; ls notes; mv notes/r2 .; mv notes n2; ls n2; mv nope x; echo $?; mv r2 data/one.csv data/empty n2; ls n2; mv -v n2/r2 .; echo a > x; echo b > y; mv -n x y; cat y; mv -f x y; cat y; mv y data/; mkdir z; mv z data; ls data; mv data/z/ q; ls -d q
#: move directories into themselves
mv notes notes/deep 2>/dev/null; echo $?; mkdir a; touch a/x; mkdir b; mkdir b/a; touch b/a/y; mv a b 2>/dev/null; echo $?; ls b/a; mv run.sh data/nope/x 2>/dev/null; echo $?
#: remove
rm run.sh; rm nope; echo $?; rm -f nope; echo $?; rm notes 2>/dev/null; echo $?; rm -r notes/deep; ls notes; rm -rf notes nope; ls; rm -v data/empty; rm data/*; ls data; rm -d data; ls; rm; echo $?
#: touch
touch a b 'c d'; ls; touch -c none; ls none 2>/dev/null; touch -d '2020-01-02 03:04:05' a; date -r a +%Y-%m-%dT%H:%M:%S; touch -r a b; stat -c %Y b; touch -t 202101010000 a; stat -c %y a | cut -c1-16; [ a -nt b ] && echo newer; touch x/y 2>/dev/null; echo $?; touch -d yesterday a; [ $(stat -c %Y a) -lt $(date +%s) ] && echo past
#: links
ln -s run.sh l; ls -l l | awk '{print $(NF-2), $(NF-1), $NF}'; readlink l; readlink -f l | sed 's,.*/,,'; cat l | head -1; ln -s notes d; ls d; ln -s nope x; cat x 2>/dev/null; echo $?; ln -sf data/one.csv l; readlink l; rm d; ls notes; cp -P l l2; readlink l2; cp l l3; [ -L l3 ] || echo real; realpath l | sed 's,.*/data,data,'; test -h l && echo h
#: links in find and copies
ln -s ../run.sh notes/r; find notes -type l; find -L notes -name r -type f; cp -r notes n2; readlink n2/r; cp -rL notes n3; [ -L n3/r ] || echo file; tar cf t.tar notes; rm t.tar; ln -s loop loop; cat loop 2>/dev/null; echo $?
#: find by name and type
find . | sort; find . -name '*.txt' | sort; find . -type d | sort; find . -iname 'README*'; find notes -maxdepth 1 | sort; find . -mindepth 2 -type f | sort; find . -name '*.txt' -o -name '*.md' | sort; find . -not -name '*.*' -type f | sort; find . -path './notes/*' -type f | sort; find . ! -type d -name '.*'; find . -regex '.*\.\(md\|csv\)' | sort; find . -empty | sort
#: find by size and time
find . -size +200c -type f | sort; find . -size -20c -type f | sort; find . -size 0 | sort; touch -d '3 days ago' old; find . -mtime +1 -type f; find . -newer old -name '*.csv' | sort; find . -mmin -60 -name 'run*'; find . -perm 644 -name run.sh; find . -type f -size +1k | sort
#: find and act
find . -name '*.txt' -exec wc -l {} \; | sort; find notes -name '*.txt' -exec echo {} + | tr ' ' '\n' | sort; find . -name '*.md' -delete; find . -name '*.md'; find notes -type f -exec sh -c 'echo "got $1"' _ {} \; | sort; find . -name '*.csv' -print0 | xargs -0 -n1 basename | sort; find . -type f -printf '%f %s\n' | sort; find . -name one.csv -printf '%h/%f %p %P\n'; find notes -type f -execdir echo {} \; | sort
#: find and prune
find . -path ./notes -prune -o -type f -print | sort; find . -name deep -prune -o -name '*.md' -print; find . -type d -name deep -quit; find . -type f -name '*.txt' -print -quit | wc -l; find nope 2>/dev/null; echo $?; find . -maxdepth 1 -type f | sort; find data notes -name '*.csv' | sort
#: xargs
echo a b c | xargs echo got; echo a b c | xargs -n 1 echo got; printf 'a b\nc\n' | xargs -I{} echo '<{}>'; printf 'x\0y z\0' | xargs -0 -n1 echo; seq 5 | xargs -n 2; echo | xargs echo empty; echo | xargs -r echo never; ls notes/*.txt | xargs -I{} cp {} {}.bak; ls notes; printf 'a\nb\n' | xargs -d '\n' -n1 echo; echo 'a b' | xargs -t echo 2>/dev/null; seq 3 | xargs -P2 -n1 echo | sort; echo x | xargs true; echo $?
#: basename and dirname
basename /a/b/c.txt; basename /a/b/c.txt .txt; basename a/; dirname /a/b/c.txt; dirname c.txt; dirname /; dirname a/b/; basename -a x/y z/w; basename -s .txt a.txt; realpath --relative-to=notes data/one.csv; realpath -m x/../y | sed 's,.*/,,'
#: globs
echo *; echo */; echo *.sh; echo */*.txt; echo [dn]*; echo [!d]*; echo ?un.sh; echo no*match; echo .[a-z]*; echo "*" '*' \*; echo n*/*/*/x*; ls -d n*; cd notes; echo *; echo ../*.sh; cd ..; echo notes/{todo,done,none}.txt; echo data/[a-o]*; echo **/x.md
#: names that are hard
touch 'a b' "it's" 'q"q' '$dollar' 'new
line' '*star' '-dash' 'tab	x' 'back`tick'; ls | wc -l; for f in *; do printf '%s|' "$f"; done; echo; rm -- -dash; rm '*star'; ls ./*star* 2>/dev/null; cat < 'a b'; mv 'a b' "c  d"; echo c*; rm -f ./*' '* ; ls | wc -l
#: tar
tar cf t.tar notes data; tar tf t.tar | sort; mkdir o; tar xf t.tar -C o; find o -type f | sort; cat o/notes/todo.txt; tar czf t.tgz notes; tar tzf t.tgz | wc -l; tar xzf t.tgz -C o notes/done.txt; tar cf - notes | tar xf - -C data; ls data; tar xf nope 2>/dev/null; echo $?; tar cf x.tar nope 2>/dev/null; echo $?; tar xOf t.tar notes/todo.txt | head -1; rm *.tar *.tgz
#: tar of parts
tar cf t.tar -C notes .; tar tf t.tar | sort | head -3; tar cf u.tar --exclude='*.txt' notes; tar tf u.tar | sort; mkdir o; tar xf u.tar -C o --strip-components=1; ls o; rm *.tar
#: gzip
gzip -k notes/todo.txt; ls notes; zcat notes/todo.txt.gz; gunzip -c notes/todo.txt.gz | head -1; rm notes/todo.txt; gunzip notes/todo.txt.gz; ls notes; gzip < run.sh | gzip -d; gzip -c run.sh > r.gz; gzip -d r.gz; cat r; bzip2 -c run.sh | bunzip2 | head -1; echo x | gzip | wc -c | awk '{print ($1 > 0)}'; gunzip nope 2>/dev/null; echo $?; rm -f r
#: sizes
wc -c < data/raw.bin; stat -c %s data/raw.bin; du -b data/raw.bin; ls -l data/raw.bin | awk '{print $5}'; truncate -s 10 data/raw.bin; stat -c %s data/raw.bin; truncate -s 100 new; wc -c < new; truncate -s +5 new; wc -c < new; dd if=data/one.csv bs=4 count=2 2>/dev/null; echo; dd if=/dev/zero bs=1 count=5 2>/dev/null | wc -c; head -c 3 data/one.csv | dd of=o 2>/dev/null; cat o
#: modes
chmod 600 run.sh; stat -c '%a %A' run.sh; chmod u+x run.sh; ls -l run.sh | cut -c1-10; chmod -R go-rwx notes; stat -c %a notes notes/todo.txt; chmod a+rx run.sh; stat -c %a run.sh; chmod 755 nope 2>/dev/null; echo $?; umask; mkdir d; stat -c %a d; touch f; stat -c %a f; chmod +x f; ./f; echo $?
#: temporary files
t=$(mktemp -p .); [ -f "$t" ] && echo made; echo x > "$t"; cat "$t"; rm "$t"; d=$(mktemp -d -p .); [ -d "$d" ] && echo dir; rmdir "$d"; t=$(mktemp ./my.XXXX); [ ${#t} -eq 9 ] && echo template; rm "$t"
#: write the file that is read
sort data/words.txt | tee sorted > /dev/null; sort -o data/words.txt data/words.txt; head -1 data/words.txt; cat data/one.csv | grep -v ada > t && mv t data/one.csv; cat data/one.csv; echo x >> data/one.csv; tail -1 data/one.csv; { rm notes/todo.txt; sed s/x/y/ > notes/todo.txt; } < notes/todo.txt; cat notes/todo.txt
#: walking about
cd notes; pwd | sed 's,.*/,,'; cd ..; cd notes/deep/er; ls; cd ../../..; cd - > /dev/null; pwd | sed 's,.*/,,'; cd nope 2>/dev/null; echo $?; cd ..; pushd data > /dev/null 2>&1; ls | head -1; popd > /dev/null 2>&1; (cd data && ls); ls | head -1; cd run.sh 2>/dev/null; echo $?
#: which exists
for f in run.sh nope notes data/empty; do if [ -e $f ]; then [ -d $f ] && echo "$f/" || echo "$f $(stat -c %s $f)"; else echo "no $f"; fi; done; ls run.sh nope 2>/dev/null; echo $?; test -f run.sh -a -r run.sh; echo $?; [ -f notes/*.md ] 2>/dev/null; echo $?
#: renames in bulk
for f in notes/*.txt; do mv "$f" "${f%.txt}.bak"; done; ls notes; i=0; for f in notes/*.bak; do mv "$f" "notes/file$((++i)).txt"; done; ls notes; for f in data/*; do n=$(basename "$f" | tr a-z A-Z); mv "$f" "data/$n"; done; ls data
#: a backup
stamp=20240131; mkdir -p backup/$stamp; cp -r notes data backup/$stamp; find backup -type f | wc -l; diff notes/todo.txt backup/$stamp/notes/todo.txt && echo same; echo more >> notes/todo.txt; cmp -s notes/todo.txt backup/$stamp/notes/todo.txt || echo differs
#: a project
mkdir -p app/{src,tests}; cat > app/src/main.py <<'END'
def main():
    print("hello")
END
printf 'test\n' > app/tests/test_main.py; touch app/README.md; find app -type f | sort; grep -rn hello app; tree=$(find app | sort | sed 's,[^/]*/,  ,g'); echo "$tree"; wc -l $(find app -name '*.py' | sort); rm -r app
#: comparing directories
mkdir a b; echo 1 > a/x; echo 1 > b/x; echo 2 > a/y; echo 3 > b/z; comm -3 <(ls a) <(ls b); for f in a/*; do n=${f#a/}; [ -e b/$n ] && cmp -s $f b/$n && echo "same $n"; done
#: ls in many ways
ls; ls -a; ls -A; ls -1 notes; ls -d */; ls -F; ls -p; ls -r; ls -R notes; ls -S data; ls notes data; ls -m data; ls -Q data; ls nope; echo $?; ls run.sh; ls -l | wc -l; ls -ld notes | cut -c1-10; ls -al | awk 'NR>1{print $NF}'; ls -1X data; ls --group-directories-first; ls -U data | sort; ls -I '*.txt' notes; ls *.sh
#: ls with times
touch -d 2020-01-01 notes/todo.txt; touch -d 2021-01-01 notes/done.txt; ls -t notes/*.txt; ls -tr notes/*.txt; ls -l --time-style=+%Y notes/todo.txt | awk '{print $6, $7}'; ls -l --time-style=long-iso notes/done.txt | awk '{print $6, $7}'; ls --full-time notes/todo.txt | awk '{print $6, $7, $8}'; ls -l notes/todo.txt | awk '{print $6, $7, $8}'; ls -lh data/raw.bin | awk '{print $5}'
#: date
date -d 2024-02-28 +%Y/%m/%d; date -d '2024-02-28 +1 day' +%F; date -d '2024-02-28 +2 days' +%A; date -u -d @0 +%s; date -d '2024-01-31 12:34:56' '+%H:%M:%S %j %U %b %e'; date -u -d @86400 +%FT%TZ; date -d '1 Jan 2024' +%d; [ $(date +%Y) -gt 2000 ] && echo now; date -d 'not a date' 2>/dev/null; echo $?; date -u -d '2024-01-31T00:00:00Z' +%s
#: seq
seq 3; seq 2 4; seq 1 2 7; seq 5 -2 1; seq -s, 4; seq -w 9 11; seq 0.5 0.5 2; seq 3 1; seq -f 'n%02g' 3; for i in $(seq 3); do printf $i; done; echo; seq 100000 | tail -1; seq 1 1000 | paste -sd+ | bc
