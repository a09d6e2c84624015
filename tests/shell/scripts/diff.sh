#: trees compared
diff -r notes data; echo $?; cp -r notes n2; echo x >> n2/todo.txt; rm n2/done.txt; echo new > n2/deep/new; diff -r notes n2; echo $?; diff -rq notes n2; diff -rN notes n2; echo $?; diff -ru notes n2 | grep -v '^[-+][-+][-+]'; diff notes n2; echo $?; diff -rs notes n2 | head -3
#: unified differences
diff -u notes/todo.txt notes/done.txt | tail -n +3; diff -U1 data/one.csv data/sales.csv | tail -n +3; diff -u --label a --label b notes/todo.txt notes/done.txt; diff -q notes/todo.txt notes/done.txt; diff -s run.sh run.sh; diff run.sh run.sh; echo $?; diff run.sh nope; echo $?; diff; echo $?; diff a; echo $?
#: files without a last line end
printf 'a\nb' > x; printf 'a\nb\n' > y; diff x y; diff -u x y | tail -n +3; printf 'a\nc' > z; diff x z; diff -u x z | tail -n +3; diff data/empty x; diff x data/empty; diff -u data/empty x | tail -n +3
#: differences that are ignored
diff -i <(echo A) <(echo a); echo $?; diff -w <(echo 'a  b') <(echo 'ab'); echo $?; diff -b <(echo 'a  b ') <(echo 'a b'); echo $?; diff -B <(printf 'a\n\nb\n') <(printf 'a\nb\n'); echo $?; diff -Z <(echo 'a ') <(echo a); echo $?; diff --strip-trailing-cr <(printf 'a\r\n') <(echo a); echo $?; diff data/raw.bin run.sh; echo $?; diff -a data/raw.bin data/raw.bin; echo x | diff - notes/done.txt; echo $?; diff run.sh notes 2>/dev/null; echo $?; cp run.sh notes; diff run.sh notes; echo $?
#: many differences
seq 30 > a; seq 30 | sed '5d;10s/$/x/;20a new' > b; diff a b; diff -u a b | tail -n +3; diff -U0 a b | tail -n +3; diff -u1 a b 2>/dev/null | tail -n +3 | head -2; diff -U 10 a b | tail -n +3 | head -3; diff -x '*.txt' -r notes data | head -3; diff --brief a b; diff --unified a b | tail -n +3 | head -3; diff --color=never a b | head -2
