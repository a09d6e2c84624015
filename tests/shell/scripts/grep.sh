#: grep probe 1
grep milk notes/todo.txt; grep -n milk notes/*; grep -c milk notes/*; grep -l milk -r . | sort; grep -rL milk . | sort; grep milk notes; echo $?; grep milk nope; echo $?
#: grep probe 2
grep -rn milk notes | sort; grep -rh milk . | sort; grep -r milk | sort; grep -rn --include='*.md' milk . ; grep -r --exclude='*.txt' milk .; grep -r --exclude-dir=deep milk . | sort
#: grep probe 3
grep -E '^(ada|alan),[0-9]+$' data/one.csv; grep '^\(ada\|alan\)' data/one.csv; grep 'a\{1,2\}' data/one.csv; grep -E 'a{1,2}' data/one.csv; grep -E 'l{2}|c+e' data/one.csv
#: grep probe 4
grep -o '[a-z]*' data/one.csv; grep -on '[0-9]\+' data/one.csv; grep -ob a data/one.csv; grep -w a notes/todo.txt; grep -x 'call Ada' notes/todo.txt; grep -wo '[a-z]*' notes/todo.txt
#: grep probe 5
grep -A1 call notes/todo.txt; grep -B1 fix notes/todo.txt; seq 20 | grep -C1 '^[19]'; seq 30 | grep -A2 -B1 5; seq 30 | grep -n -A1 5; grep -rA1 milk notes | sort; seq 10 | grep -2 5; seq 10 | grep -C 100 5 | wc -l
#: grep probe 6
grep -v a notes/todo.txt; grep -vn a notes/todo.txt; grep -vc a data/one.csv; seq 10 | grep -v -A1 '[2-9]'; seq 5 | grep -vo 3; echo $?
#: grep probe 7
grep -q milk notes/todo.txt; echo $?; grep -q zzz notes/todo.txt; echo $?; grep -s x nope; echo $?; grep -sq milk nope notes/todo.txt; echo $?; grep; echo $?; grep -E '(' notes/todo.txt; echo $?; grep '[' run.sh; echo $?; grep 'a\' run.sh; echo $?; grep -Z 2>/dev/null; echo $?
#: grep probe 8
echo 'a.b*c' | grep -F '.b*'; printf 'x\ny\n' | grep -F -e x -e y; printf 'ada\n' > pats; grep -f pats data/one.csv; grep -F -f pats data/one.csv; : > none; grep -f none run.sh; echo $?; grep '' data/empty; echo $?; grep '' notes/done.txt; printf 'a\n\nb\n' | grep -n '^$'; printf 'a\n\nb' | grep -c ''
#: grep probe 9
grep foo data/raw.bin; grep a data/raw.bin; echo $?; grep -c a data/raw.bin; grep -l a data/*; grep -I a data/raw.bin; echo $?; cat data/raw.bin | grep -q a; echo $?
#: grep probe 10
grep -i MILK notes/*; grep -y ADA data/one.csv; printf 'É\n' | grep -i é; printf 'naïve café\n' | grep -o '\w\+'; printf 'aé\n' | grep -o 'a.'; printf 'x=1\n' | grep -P '^\w+=\d+$'; printf 'Ünï\n' | grep -o '[[:upper:]]'
#: grep probe 11
grep -m1 a data/one.csv; grep -m 2 -c a data/one.csv; seq 10 | grep -m1 -A2 3; grep --color=never ada data/one.csv; grep --color=auto -n ada data/one.csv; grep -H ada data/one.csv; cat data/one.csv | grep -H ada; grep --label=x -H ada < data/one.csv; grep ada - < data/one.csv
#: grep probe 12
egrep 'a|b' run.sh; fgrep '$#' run.sh; grep -e '-x' run.sh; echo $?; echo -- -x | grep -- -x; echo 'a+b' | grep 'a+b'; echo 'aab' | grep 'a\+b'; echo 'a|b' | grep 'a|b'; echo '(x)' | grep '(x)'; echo '{}' | grep '{}'; echo 'a{1' | grep -E 'a{1'; echo '*a' | grep '*a'; echo 'a^b$c' | grep 'a^b$c'; echo '+a' | grep -E '+a'
#: grep probe 13
echo 'foo-bar foo_bar foo' | grep -ow foo; echo foobar | grep -w foo; echo $?; echo 'a foo' | grep '\<foo\>'; echo 'abc' | grep -o 'b*'; echo 'abbbc' | grep -o 'b*'; echo 'abab' | grep -oE '(ab)*'; echo 'xay' | grep -oE 'a|ay'; echo '[x]' | grep -o '[][]'; echo 'a-b' | grep -o '[a-]*'; echo 'a\b' | grep 'a\\b'; echo 'a\b' | grep '[\]'
#: grep probe 14
grep -nH -o -i 'A' data/one.csv; grep -lZ milk -r . | tr '\0' '\n' | sort; grep -hc a data/*; grep -n '^' notes/todo.txt; grep -c '^' data/*; grep -r 'a' data notes/done.txt -l | sort; grep -d skip x notes; echo $?; grep -rq milk .; echo $?
#: grep probe 15
find . -name '*.txt' -exec grep -l milk {} +; find . -type f -print0 | xargs -0 grep -l milk | sort; find . -name '*.txt' | xargs grep -c a | sort; grep -E '^[^,]*,[0-9]{2}$' data/one.csv; grep -E '\.(sh|md)$' <(find . | sort); grep '[[:space:]]' notes/todo.txt | head -1; grep -E '\bAda\b' notes/todo.txt; grep -E '^\s*fix' notes/todo.txt; grep '[:space:]' run.sh; echo $?; grep -E 'a**' run.sh | head -1; grep -rn . data/one.csv notes/done.txt; ln -s notes l; grep -r milk l | sort; grep -r milk . | sort | wc -l; grep -R milk . | sort
#: grep probe 16
if grep -q ada data/one.csv; then echo found; fi; while read -r l; do echo "$l" | grep -q a && echo "$l"; done < data/one.csv; x=$(grep -c a data/one.csv); echo $x; true
