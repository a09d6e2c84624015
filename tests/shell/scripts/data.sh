#: columns of a table
cut -d, -f3 data/sales.csv | tail -n +2 | sort -n | tail -1; head -1 data/sales.csv | tr ',' '\n' | nl; awk -F, 'NR==1{for(i=1;i<=NF;i++) if($i=="amount") c=i} NR>1{s+=$c} END{print s}' data/sales.csv
#: rows by condition
awk -F, '$3>100' data/sales.csv; grep ',north,' data/sales.csv; awk -F, 'NR==1 || $2=="south"' data/sales.csv; sed -n '1p;/east/p' data/sales.csv
#: totals by group
tail -n +2 data/sales.csv | awk -F, '{a[$2]+=$3; n[$2]++} END{for(r in a) printf "%s %.2f %d %.2f\n", r, a[r], n[r], a[r]/n[r]}' | sort; tail -n +2 data/sales.csv | cut -d, -f2 | sort | uniq -c | sort -k1,1nr -k2 | awk '{print $2": "$1}'
#: top of a list
tail -n +2 data/sales.csv | sort -t, -k3,3nr | head -3; tail -n +2 data/sales.csv | sort -t, -k3,3n | head -1 | cut -d, -f1; sort -t, -k3,3nr data/sales.csv | awk -F, 'NR<=2{print NR". "$1}'
#: join two tables
tail -n +2 data/sales.csv | sort -t, -k2,2 > s; printf 'east,Eve\nnorth,Nia\nsouth,Sam\n' > m; join -t, -1 2 -2 1 s m | head -3; join -t, -1 2 -2 1 -o 2.2,1.3 s m | awk -F, '{t[$1]+=$2} END{for(k in t) print k, t[k]}' | sort
#: median
tail -n +2 data/sales.csv | cut -d, -f3 | sort -n | awk '{a[NR]=$1} END{print (NR%2)?a[(NR+1)/2]:(a[NR/2]+a[NR/2+1])/2}'
#: percentages
awk -F, 'NR>1{t[$2]+=$3; s+=$3} END{for(k in t) printf "%s %.1f%%\n", k, 100*t[k]/s}' data/sales.csv | sort
#: csv to json
tail -n +2 data/one.csv | awk -F, 'BEGIN{printf "["} {printf "%s{\"name\":\"%s\",\"age\":%d}", sep, $1, $2; sep=","} END{print "]"}' | jq -c 'sort_by(.age) | map(.name)'; jq -Rsc 'split("\n") | map(select(length>0) | split(","))' data/one.csv
#: json to csv
jq -r '["name","age"], (.[] | [.name, .age]) | @csv' data/people.json > p.csv; cat p.csv; tail -n +2 p.csv | tr -d '"' | sort -t, -k2n | head -1
#: log levels
awk '{print $3}' logs/app.log | sort | uniq -c | awk '{print $2, $1}'; grep -c ERROR logs/app.log; grep -v INFO logs/app.log | wc -l; sed -n 's/.*ERROR //p' logs/app.log
#: log times
awk '{print $2}' logs/app.log | cut -d: -f1 | sort | uniq -c | awk '{print $2":00", $1}'; awk '$2 >= "10:00" && $2 < "11:30" {print $2, $3}' logs/app.log; head -1 logs/app.log | grep -oE '[0-9]{2}:[0-9]{2}'
#: log extracts
grep -oE 'user=[a-z]+' logs/app.log | cut -d= -f2 | sort | uniq -c | sort -rn | awk '{print $2, $1}'; grep -oE '[0-9]+ms' logs/app.log | tr -d ms | awk '{s+=$1} END{print s/NR}'; sed -nE 's/.*user=([a-z]+) took ([0-9]+)ms.*/\1 \2/p' logs/app.log
#: log context
grep -n ERROR logs/app.log | cut -d: -f1; grep -B1 ERROR logs/app.log; grep -A1 'WARN' logs/app.log; awk '/ERROR/{print prev; print} {prev=$0}' logs/app.log | head -2; grep -n -m1 ERROR logs/app.log
#: numbers
awk '{s+=$1; q+=$1*$1} END{m=s/NR; printf "%d %.2f %.3f\n", NR, m, sqrt(q/NR-m*m)}' data/numbers.txt; sort -n data/numbers.txt | sed -n '1p;$p'; paste -sd' ' data/numbers.txt; awk '{c+=$1; print c}' data/numbers.txt | tail -1; awk 'NR>1{print $1-p} {p=$1}' data/numbers.txt | paste -sd,
#: a pivot
awk -F, 'NR>1{m=substr($1,1,7); v[m","$2]+=$3; ms[m]; rs[$2]} END{for(m in ms) for(r in rs) print m, r, v[m","r]+0}' data/sales.csv | sort
#: months
cut -d, -f1 data/sales.csv | tail -n +2 | cut -c1-7 | sort | uniq -c | awk '{print $2, $1}'; awk -F'[-,]' 'NR>1{print $2}' data/sales.csv | sort -u | paste -sd' '
#: sampling
awk 'NR%2==0' data/sales.csv; sed -n '2~3p' data/sales.csv; head -4 data/sales.csv | tail -2; awk 'NR==1; NR>1{l[NR]=$0} END{print l[NR]}' data/sales.csv
#: checks of a file
awk -F, 'NF!=3{print "bad", NR; e=1} END{exit e}' data/sales.csv; echo $?; echo 'x,y' >> data/sales.csv; awk -F, 'NF!=3{print "bad", NR; e=1} END{exit e}' data/sales.csv; echo $?; awk -F, 'NR>1 && $3 !~ /^[0-9.]+$/{print "not a number:", $0}' data/sales.csv
#: several files into one
for f in notes/*.txt; do sed "s|^|$(basename $f): |" $f; done > all; cat all; awk '{print FILENAME": "$0}' notes/*.txt | cmp - <(sed 's,^,notes/,' all) | wc -l; cat notes/*.txt | wc -l; head -n1 -q notes/*.txt
#: one file into several
awk -F, 'NR>1{print >> $2".csv"}' data/sales.csv; wc -l north.csv south.csv east.csv; for r in north south; do sort -t, -k3n $r.csv | head -1; done; rm north.csv south.csv east.csv
#: words
tr -cs A-Za-z '\n' < README.md | tr A-Z a-z | sort | uniq -c | sort -k1,1nr -k2 | head -3 | awk '{print $1, $2}'; grep -oiw the README.md | wc -l; wc -w < README.md; awk '{for(i=1;i<=NF;i++) if(length($i)>5) print $i}' README.md | sort -u
#: headings and links
grep '^#' README.md; grep -oE '\[[^]]*\]\([^)]*\)' README.md; sed -nE 's/.*\[([^]]*)\]\(([^)]*)\).*/\2/p' README.md; awk '/^## /{print substr($0,4)}' README.md; grep -c '^```' README.md
#: code
grep -rn 'def ' src | cut -d: -f1,3 | sort; grep -rhoE 'def [a-z_]+' src | sort | awk '{print $2}'; wc -l src/*.py | tail -1; grep -rl import src; grep -rn TODO src; find src -name '*.py' | xargs cat | grep -vE '^\s*(#|$)' | wc -l; sed -i 's/old_name/new_name/g' src/*.py; grep -rc new_name src | sort
#: imports
grep -hE '^(import|from)' src/*.py | sort -u; awk '/^(import|from)/{print $2}' src/*.py | sort | uniq -c | awk '{print $2, $1}'
#: environment files
printf 'A=1\n# c\nB="two words"\n\nC=$A\n' > .env; set -a; . ./.env; set +a; echo $A "$B" $C; grep -v '^#' .env | grep . | cut -d= -f1; while IFS='=' read -r k v; do [[ $k =~ ^[A-Z]+$ ]] && echo "$k"; done < .env; export $(grep -E '^A=' .env); echo $A
#: templates
printf 'Hello {{name}}, you are {{age}}.\n' > t.tpl; sed -e 's/{{name}}/Ada/' -e 's/{{age}}/36/' t.tpl; while IFS=, read -r n a; do [ "$n" = name ] && continue; sed "s/{{name}}/$n/; s/{{age}}/$a/" t.tpl; done < data/one.csv
#: a small table
printf '%-10s %5s\n' name age; tail -n +2 data/one.csv | while IFS=, read -r n a; do printf '%-10s %5d\n' "$n" "$a"; done; printf '=%.0s' {1..16}; echo; column -t -s, data/one.csv
#: bars
awk -F, 'NR>1{printf "%-6s ", $1; for(i=0;i<$2/10;i++) printf "#"; print ""}' data/one.csv; for n in 3 1 2; do printf '%0.s*' $(seq $n); echo; done
#: validation
for e in a@b.c bad x@y; do if [[ $e =~ ^[^@]+@[^@]+\.[^@]+$ ]]; then echo "$e ok"; else echo "$e no"; fi; done; for d in 2024-01-31 2024-13-01; do date -d "$d" +%F 2>/dev/null || echo "no $d"; done; for i in 1.2.3.4 1.2.3; do grep -qE '^([0-9]{1,3}\.){3}[0-9]{1,3}$' <<< $i && echo yes || echo no; done
#: deduplicate by key
awk -F, '!s[$2]++' data/sales.csv; sort -t, -k2,2 -u data/sales.csv | cut -d, -f2; tac data/sales.csv | awk -F, '!s[$2]++{print $2}' | sort
#: running total
awk -F, 'NR>1{t+=$3; printf "%s %.1f\n", $1, t}' data/sales.csv | tail -2; tail -n +2 data/numbers.txt | { t=0; while read n; do t=$((t+n)); done; echo $t; }
#: wide to long
printf 'id,a,b\n1,2,3\n4,5,6\n' | awk -F, 'NR==1{split($0,h,",");next} {for(i=2;i<=NF;i++) print $1","h[i]","$i}'; printf '1,a,2\n1,b,3\n' | awk -F, '{v[$1]=v[$1]","$3} END{for(k in v) print k v[k]}'
#: differences of lists
comm -13 <(sort data/words.txt | uniq) <(printf 'apple\nzebra\n' | sort); grep -vxFf data/words.txt <(printf 'apple\nzebra\n'); grep -xFf <(printf 'apple\nzebra\n') data/words.txt | sort -u
#: random but fixed
RANDOM=42; x=$RANDOM; [ $x -ge 0 ] && [ $x -lt 32768 ] && echo ok; awk 'BEGIN{srand(1); r=rand(); print (r>=0 && r<1)}'; shuf -i 1-10 -n 3 | wc -l
#: units
numfmt --to=iec --suffix=B 2048; awk 'BEGIN{b=1536; u="BKM"; i=1; while(b>=1024){b/=1024;i++} printf "%.1f%s\n", b, substr(u,i,1)}'; echo $((5 * 1024 * 1024)); printf '%.1f\n' $(echo '1024/1000' | bc -l); echo "$((90/60))h$((90%60))m"
#: yaml by hand
printf 'name: app\nports:\n  - 80\n  - 443\n' > c.yml; sed -n 's/^name: //p' c.yml; awk '/^ports:/{f=1;next} /^[a-z]/{f=0} f{print $2}' c.yml; grep -A2 ports c.yml | tail -2 | tr -d ' -'
#: html by hand
printf '<p>one</p><a href="x.html">two</a>\n' > p.html; grep -oE 'href="[^"]*"' p.html | cut -d'"' -f2; sed 's/<[^>]*>//g' p.html; sed -nE 's/.*<p>(.*)<\/p>.*/\1/p' p.html
