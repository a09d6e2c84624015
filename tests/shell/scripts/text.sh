#: first and last lines
head -n 2 logs/app.log; tail -n 2 logs/app.log; head -1 data/one.csv; tail -n +2 data/one.csv; head -n -1 data/one.csv
#: first bytes
head -c 5 notes/todo.txt; echo; tail -c 5 notes/todo.txt
#: several heads
head -n 1 notes/todo.txt notes/done.txt; tail -qn 1 notes/todo.txt notes/done.txt
#: count
wc logs/app.log; wc -l < logs/app.log; wc -w notes/*.txt; wc -c data/one.csv notes/todo.txt; wc -m notes/todo.txt; wc -L notes/todo.txt
#: sort
sort data/words.txt; sort -r data/words.txt; sort -u data/words.txt; sort -f data/words.txt
#: sort numbers
printf '10\n9\n2\n33\n1\n' | sort; printf '10\n9\n2\n33\n1\n' | sort -n; printf '10\n9\n2\n33\n1\n' | sort -nr; printf '1K\n2M\n3\n' | sort -h; printf '1.5\n1.25\n-3\n' | sort -n; printf 'v1.10\nv1.9\nv1.2\n' | sort -V
#: sort by fields
sort -t, -k2 data/one.csv; sort -t, -k2,2n data/one.csv; tail -n +2 data/sales.csv | sort -t, -k2,2 -k3,3nr; sort -t, -k1.2,1.3 data/one.csv
#: sort checks and merges
sort -c data/words.txt 2>/dev/null; echo $?; sort data/words.txt > s; sort -c s; echo $?; sort -m s s | uniq -c; sort -o data/words.txt data/words.txt; head -1 data/words.txt; sort -s -k1,1 data/words.txt
#: stable and unique sort
printf 'b 2\na 1\nb 1\na 2\n' | sort -s -k1,1; printf 'b 2\na 1\nb 1\na 2\n' | sort -k1,1 -u; printf 'a\nb\nA\n' | sort -fu
#: uniq
sort data/words.txt | uniq; sort data/words.txt | uniq -c; sort data/words.txt | uniq -d; sort data/words.txt | uniq -u; printf 'A\na\nb\n' | uniq -i; printf '1 a\n2 a\n3 b\n' | uniq -f1; printf 'xa\nya\n' | uniq -s1
#: cut
cut -d, -f1 data/one.csv; cut -d, -f2- data/one.csv; cut -c1-3 data/one.csv; cut -c2 data/one.csv; cut -d, -f1,3 data/sales.csv | head -3; cut -d: -f1 data/one.csv; cut -s -d: -f1 data/one.csv; cut -b1-2 data/one.csv; cut -d, -f1 --complement data/one.csv; cut -d, -f1,2 --output-delimiter=' ' data/one.csv
#: tr
tr a-z A-Z < notes/todo.txt; tr -d aeiou < notes/todo.txt; tr -s ' ' < notes/todo.txt; echo 'a  b   c' | tr -s ' ' '\n'; tr -cd 'a-z\n' < notes/todo.txt; echo hello | tr 'el' 'ip'; echo abc | tr '[:lower:]' '[:upper:]'; echo 'a,b;c' | tr ',;' '\t\t'; echo 123abc | tr -d '[:digit:]'; echo hello | tr a-y b-z
#: paste
paste notes/todo.txt notes/done.txt; paste -d, notes/todo.txt notes/done.txt; paste -s notes/todo.txt; paste -sd+ data/numbers.txt; paste -sd+ data/numbers.txt | bc; seq 6 | paste - - ; seq 6 | paste -d' ' - - -
#: join
sort data/one.csv > a; printf 'ada,london\nalan,manchester\nzoe,rome\n' > b; join -t, a b; join -t, -a1 a b; join -t, -v2 a b; join -t, -o 1.1,2.2 a b; join -t, -1 1 -2 1 a b
#: comm
printf 'a\nb\nc\n' > a; printf 'b\nc\nd\n' > b; comm a b; comm -12 a b; comm -23 a b; comm -13 a b
#: columns
printf 'a bb ccc\ndddd e f\n' | column -t; printf 'a,b\ncc,d\n' | column -t -s,
#: numbered lines
nl notes/todo.txt; cat -n notes/todo.txt; printf 'a\n\nb\n' | nl; printf 'a\n\nb\n' | cat -b; nl -ba -w3 -s: notes/todo.txt
#: reversed
tac notes/todo.txt; rev notes/todo.txt; echo abc | rev
#: folded
echo 'the quick brown fox jumps over the lazy dog' | fold -w 10; echo 'the quick brown fox jumps over the lazy dog' | fold -s -w 10; echo 'one two three four' | fmt -w 9
#: expanded tabs
printf 'a\tb\n' | expand; printf 'a\tb\n' | expand -t 4; printf '        b\n' | unexpand | od -c | head -1
#: cat with marks
printf 'a\tb\n\n\nc\n' | cat -A; printf 'a\tb\n' | cat -T; printf 'a\n' | cat -E; printf 'a\n\n\n\nb\n' | cat -s; cat notes/todo.txt - < notes/done.txt
#: split
seq 10 > ten; split -l 4 ten part.; cat part.aa; cat part.ac; ls part.*; split -b 5 ten b.; ls b.*
#: csplit-like with awk
awk '/WARN/{n++} {print > ("out" n+0)}' logs/app.log; ls out*; wc -l out0
#: strings and od
printf 'abc\0def\n' | od -c; printf 'abc' | od -An -tx1; printf 'AB' | xxd; printf 'AB' | xxd -p; echo 4142 | xxd -r -p; echo; printf 'hello\0wor\0longer text' | strings
#: hex and base
printf 'hello' | base64; echo aGVsbG8= | base64 -d; echo; printf 'hello' | base32; head -c 60 data/raw.bin | base64 -w 20; echo '****' | base64 -d 2>/dev/null; echo $?
#: checksums
md5sum notes/todo.txt; sha1sum notes/todo.txt; sha256sum notes/*.txt; md5sum notes/todo.txt > sums; md5sum -c sums; echo changed >> notes/todo.txt; md5sum -c sums 2>/dev/null; echo $?; printf abc | sha256sum; printf abc | cksum
#: tee
echo a | tee x y; cat x y; echo b | tee -a x > /dev/null; cat x
#: word frequency
cat notes/*.txt | tr -cs 'A-Za-z' '\n' | tr A-Z a-z | sort | uniq -c | sort -k1,1nr -k2 | head -5 | awk '{print $1, $2}'
#: longest line
awk '{ if (length($0) > max) { max = length($0); line = $0 } } END { print max ": " line }' logs/app.log
#: between two marks
printf 'x\nBEGIN\na\nb\nEND\ny\n' | sed -n '/BEGIN/,/END/p'; printf 'x\nBEGIN\na\nb\nEND\ny\n' | awk '/BEGIN/{f=1;next} /END/{f=0} f'
#: trailing spaces and blank lines
printf 'a  \n\n  b\n\n' | sed 's/[ \t]*$//' | grep -v '^$'; printf 'a  \n\n  b\n\n' | sed '/^$/d'; printf '  a b \n' | xargs
#: diff
diff notes/todo.txt notes/done.txt; echo $?; cp notes/todo.txt t; diff t notes/todo.txt; echo $?; diff -q notes/todo.txt notes/done.txt; echo $?; sed 's/Ada/Bob/' notes/todo.txt > u; diff u notes/todo.txt; diff -u u notes/todo.txt | tail -n +3
#: diff of lines added and removed
printf 'a\nb\nc\nd\n' > x; printf 'a\nc\nd\ne\n' > y; diff x y; diff -u x y | tail -n +3; diff <(echo A) <(echo a); echo $?
#: patch
cp notes/todo.txt new; sed -i 's/milk/bread/' new; diff -u notes/todo.txt new > p; sed -i 's,^+++ new,+++ notes/todo.txt,' p; patch -p0 < p > /dev/null; cat notes/todo.txt; rm p
#: cmp
cp notes/todo.txt t; cmp t notes/todo.txt; echo $?; echo x >> t; cmp t notes/todo.txt > /dev/null 2>&1; echo $?; cmp -s t notes/done.txt; echo $?; printf abc > a; printf abd > b; cmp -l a b
#: shuffles keep everything
seq 20 | shuf | sort -n | paste -sd' '; shuf -e a b c | sort | paste -sd' '; shuf -n 2 data/words.txt | wc -l; shuf -i 1-5 | sort | paste -sd,
#: numfmt and factor
numfmt --to=iec 1048576; numfmt --to=si 1500; numfmt --from=iec 2K; factor 84
#: text of many lines into one
paste -sd, data/words.txt; tr '\n' ' ' < data/words.txt; echo; awk '{printf "%s%s", sep, $0; sep=";"} END {print ""}' data/words.txt; mapfile -t w < data/words.txt; (IFS='|'; echo "${w[*]}")
#: unix and dos line ends
printf 'a\r\nb\r\n' > dos; tr -d '\r' < dos | od -c | head -2; sed 's/\r$//' dos; sed 's/$/\r/' notes/done.txt | od -c | tail -2; wc -l dos; grep -c $'\r' dos
#: lines of a minimum length
awk 'length > 8' data/words.txt notes/todo.txt; grep -E '^.{9,}$' notes/todo.txt; sed -n '/^.\{9,\}$/p' notes/todo.txt
#: csv to tsv and back
tr ',' '\t' < data/one.csv > t.tsv; cat t.tsv; awk -F'\t' -v OFS=, '{$1=$1; print}' t.tsv; sed 's/\t/,/g' t.tsv | cmp - data/one.csv; echo $?
#: grep counts lines for its exit code
grep -L milk notes/done.txt; echo $?; grep -L milk notes/todo.txt; echo $?; grep -L milk notes/*.txt; echo $?; grep -l milk notes/*.txt; echo $?; grep -vc '' data/empty; echo $?; grep -c -m0 a data/one.csv; echo $?; grep -L -m0 a data/one.csv; echo $?
