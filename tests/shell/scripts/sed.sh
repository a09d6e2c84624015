#: substitute
sed 's/a/A/' data/one.csv; sed 's/a/A/g' data/one.csv; sed 's/a/A/2' data/one.csv; sed 's/[0-9]\+/<&>/' data/one.csv; sed -E 's/([a-z]+),([0-9]+)/\2,\1/' data/one.csv; sed 's/\(.*\),\(.*\)/\2 \1/' data/one.csv; echo a/b/c | sed 's|/|-|g'; echo Hello | sed 's/hello/bye/I'
#: addresses
sed -n 2p notes/todo.txt; sed -n '2,3p' notes/todo.txt; sed -n '$p' notes/todo.txt; sed 1d notes/todo.txt; sed '/Ada/d' notes/todo.txt; sed '/Ada/!d' notes/todo.txt; sed -n '/call/,$p' notes/todo.txt; seq 10 | sed -n '2~3p'; seq 10 | sed '3,5d'; seq 5 | sed '2q'; seq 10 | sed -n '/3/,+2p'; seq 5 | sed '0,/2/d'
#: in place
sed -i 's/milk/bread/' notes/todo.txt; cat notes/todo.txt; sed -i.bak 's/bread/eggs/' notes/todo.txt; cat notes/todo.txt notes/todo.txt.bak; sed -i -e '1d' -e 's/call/ring/' notes/todo.txt; cat notes/todo.txt; sed -i 's/x/y/' nope; echo $?
#: insert append change
sed '1i\first' notes/done.txt; sed '1a\second' notes/done.txt; sed '/Milk/c\changed' notes/done.txt; sed '2i new line' notes/todo.txt; sed '$a end' notes/todo.txt
#: several commands
sed -e 's/a/1/' -e 's/b/2/' data/one.csv; sed 's/a/1/; s/n/2/' data/one.csv; sed -n '/ada/{s/,/ is /;p}' data/one.csv; sed '/ada/{n;d}' data/one.csv
#: hold space
sed -n '1!G;h;$p' notes/todo.txt; sed G notes/todo.txt; printf 'a\nb\n' | sed 'N;s/\n/ /'; seq 6 | sed 'N;N;s/\n/,/g'; printf 'k1\nv1\nk2\nv2\n' | sed 'N;s/\n/=/'; seq 4 | sed '$!N;P;D'; echo a | sed 'x;G'
#: transliterate and numbers
echo hello | sed 'y/elo/ipa/'; sed = notes/done.txt; sed -n '/milk/=' notes/todo.txt; sed -n '$=' logs/app.log
#: print and quiet
sed -n 's/milk/MILK/p' notes/todo.txt; sed p notes/done.txt; echo 'a b' | sed -n 's/ /\n/p'; printf 'a\tb\n' | sed -n l
#: cases of letters
echo 'hello world' | sed 's/\b\(.\)/\u\1/g'; echo hello | sed 's/.*/\U&/'; echo 'HELLO' | sed 's/.*/\L&/'; echo 'hello world' | sed 's/\w\+/[&]/g'
#: labels
echo 'a,b,c' | sed ':x; s/,/-/; tx'; printf 'a\\\nb\nc\n' | sed ':a; /\\$/{N; s/\\\n//; ba}'; echo 1234567 | sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta'
#: write and read
sed -n '/a/w out' data/one.csv; cat out; sed '/ada/r notes/done.txt' data/one.csv
#: extended expressions
echo 'aaa bbb' | sed -E 's/(a+) (b+)/\2 \1/'; echo 'foo(bar)' | sed 's/(.*)//'; echo 'foo(bar)' | sed -E 's/\(.*\)//'; echo 'x+y' | sed 's/+/-/'; echo 2024-01-31 | sed -E 's/([0-9]{4})-([0-9]{2})-([0-9]{2})/\3.\2.\1/'; echo 'a|b' | sed -E 's/\|/ or /'
#: special characters
echo 'a&b' | sed 's/&/and/'; echo 'and' | sed 's/and/\&/'; echo 'a\b' | sed 's/\\/\//'; echo "it's" | sed "s/'/\"/"; echo '$x' | sed 's/\$x/y/'; x='a/b'; echo here | sed "s|here|$x|"; printf 'a.b.c' | sed 's/\./\n/g'; echo '[x]' | sed 's/[][]//g'
#: a script file
printf 's/a/1/\ns/b/2/\n' > s.sed; sed -f s.sed data/one.csv
#: configuration edits
printf 'host=old\nport=1\n#debug=1\n' > app.ini; sed -i -E 's/^host=.*/host=new/; s/^#(debug)/\1/' app.ini; cat app.ini; grep -q '^user=' app.ini || echo user=ada >> app.ini; sed -n 's/^port=//p' app.ini
#: comments and blanks away
printf '# c\n\nx = 1 # y\n' | sed -e 's/#.*//' -e '/^[[:space:]]*$/d' -e 's/[[:space:]]*$//'
#: empty expressions reuse the last
echo 'foo bar foo' | sed '/foo/s//X/g'; sed -n '/nothing/p' notes/todo.txt; sed --quiet 's/Ada/&/p' notes/todo.txt; sed -s -n '$p' notes/todo.txt notes/done.txt; sed -n '1p' notes/todo.txt notes/done.txt
