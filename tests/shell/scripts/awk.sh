#: fields
awk '{print $1}' logs/app.log | head -3; awk '{print $NF}' logs/app.log | head -3; awk '{print $(NF-1)}' logs/app.log | tail -1; awk '{print NF}' notes/todo.txt
#: separator
awk -F, '{print $2 " " $1}' data/one.csv; awk -F'[,:]' '{print $1}' data/one.csv; echo a:b:c | awk -F: -v OFS=- '{$1=$1; print}'; awk 'BEGIN{FS=","} NR>1{print $1}' data/one.csv; echo 'a1b22c' | awk -F'[0-9]+' '{print $1 $2 $3}'
#: sum and average
awk -F, 'NR>1{s+=$2} END{print s, s/(NR-1)}' data/one.csv; awk '{s+=$1} END{printf "%.2f\n", s/NR}' data/numbers.txt
#: minimum and maximum
awk 'NR==1{min=max=$1} {if($1<min)min=$1; if($1>max)max=$1} END{print min, max}' data/numbers.txt
#: group by
awk -F, 'NR>1{t[$2]+=$3} END{for(k in t) print k, t[k]}' data/sales.csv | sort
#: count by
awk '{c[$3]++} END{for(k in c) print c[k], k}' logs/app.log | sort -k1,1nr -k2
#: conditions
awk -F, '$2 > 40' data/one.csv; awk -F, '$2 > 40 && $1 != "grace" {print $1}' data/one.csv; awk 'NR==2' notes/todo.txt; awk 'NR>=2 && NR<=3' notes/todo.txt; awk '/ERROR/' logs/app.log; awk '!/INFO/' logs/app.log; awk '$3 ~ /^W/' logs/app.log; awk '$3 == "ERROR" {n++} END {print n+0}' logs/app.log
#: begin and end
awk 'BEGIN{print "start"} {n++} END{print n " lines"}' notes/todo.txt; awk 'BEGIN{for(i=0;i<3;i++) print i}'; awk 'BEGIN{print 2^10, 7%3, 7/2, int(7/2)}'
#: variables from outside
x=5; awk -v x="$x" 'BEGIN{print x*2}'; awk -v name='Ada L' 'BEGIN{print "hi " name}'; VAR=env awk 'BEGIN{print ENVIRON["VAR"]}'; awk '{print v, $1}' v=7 notes/done.txt
#: string functions
awk 'BEGIN{s="hello world"; print length(s), substr(s,1,5), index(s,"wor"), toupper(s); sub(/o/,"0",s); print s; gsub(/o/,"0",s); print s; n=split("a:b:c",p,":"); print n, p[2]}'; echo 'foo123bar' | awk '{match($0,/[0-9]+/); print RSTART, RLENGTH, substr($0,RSTART,RLENGTH)}'; awk 'BEGIN{print tolower("ABC"), sprintf("%05.1f", 3.14159)}'
#: printf
awk -F, '{printf "%-10s|%5s|\n", $1, $2}' data/one.csv; awk 'BEGIN{printf "%d %5.2f %s %c %x %o %e %%\n", 42, 3.14159, "s", 65, 255, 8, 12345.678}'
#: two files
awk -F, 'NR==FNR{age[$1]=$2; next} $1 in age{print $1, age[$1], $2}' data/one.csv <(printf 'ada,x\nzoe,y\n'); awk 'FNR==1{print FILENAME}' notes/todo.txt notes/done.txt
#: duplicates
awk '!seen[$0]++' data/words.txt; awk 'seen[$0]++ == 1' data/words.txt
#: transpose
printf '1 2 3\n4 5 6\n' | awk '{for(i=1;i<=NF;i++) a[i]=a[i] (NR>1?" ":"") $i} END{for(i=1;i<=3;i++) print a[i]}'
#: changing fields
awk -F, -v OFS=, 'NR==1{print $0,"next"; next} {print $0, $2+1}' data/one.csv; echo 'a b c' | awk '{$2="X"; print}'; echo 'a b c d' | awk '{NF=2; print}'; echo 'a b' | awk '{$5="e"; print NF, $0}'
#: ranges
awk '/call/,/fix/' notes/todo.txt; seq 10 | awk 'NR==3,NR==5'; seq 10 | awk 'NR%3==0'
#: record separators
printf 'a b\nc\n\nd e\nf\n' | awk 'BEGIN{RS=""}{print NR": "$1"-"$NF}'; printf 'a;b;c' | awk 'BEGIN{RS=";"}{print NR, $0}'; printf '1\n2\n3\n' | awk 'BEGIN{ORS=" "}{print}'; echo
#: functions
awk 'function f(n){return n<2?n:f(n-1)+f(n-2)} BEGIN{print f(15)}'; awk 'function max(a,b){return a>b?a:b} {m=max(m,$1)} END{print m}' data/numbers.txt
#: loops
awk 'BEGIN{while(i<3){print i++}; do{print "d" i; i--}while(i>1); for(;;){if(++j>2)break}; print j}'; awk '{for(i=NF;i>0;i--) printf "%s%s",$i,(i>1?" ":"\n")}' notes/todo.txt
#: getline
awk 'BEGIN{while((getline line < "notes/todo.txt")>0) n++; print n}'; seq 4 | awk '{getline nxt; print $0 "," nxt}'
#: output to files
awk -F, 'NR>1{print $3 > ("by_" $2 ".txt")}' data/sales.csv; ls by_*; cat by_north.txt; awk '{print >> "all.txt"}' notes/todo.txt notes/done.txt; wc -l all.txt; awk '{print | "sort -r"}' data/words.txt
#: arrays
awk 'BEGIN{a["x"]=1; a["y"]=2; delete a["x"]; print length(a), ("x" in a), ("y" in a)}'; awk 'BEGIN{a[1,2]=3; for(k in a){split(k,p,SUBSEP); print p[1], p[2], a[k]}}'
#: exit
awk 'NR==2{print; exit 3}' notes/todo.txt; echo $?; awk 'BEGIN{exit 1} END{print "end"}'; echo $?
#: regular expressions
echo 'aaa' | awk '{gsub(/a/,"[&]"); print}'; echo 'a.b' | awk '{gsub(/\./,"-"); print}'; echo 'foo  bar' | awk '{gsub(/ +/," "); print}'; awk '/^[a-z]+,[0-9]+$/' data/one.csv; echo 'x=1' | awk -F= '/^x/{print $2}'; awk 'tolower($0) ~ /milk/' notes/*.txt
#: number formats
awk 'BEGIN{print 0.1+0.2, 1e6, 100000000, 3.0, 1/3; OFMT="%.2f"; print 3.14159; print "10"+5, "3x"+1, -7%3}'
#: ternary and logic
awk -F, 'NR>1{print $1, ($2>40?"old":"young")}' data/one.csv; awk 'BEGIN{print !0, !1, 1&&0, 1||0, "a"<"b", 10<9, "10"<"9"}'
#: histogram
awk -F, 'NR>1{b=int($3/50)*50; h[b]++} END{for(k in h) printf "%3d %s\n", k, substr("##########",1,h[k])}' data/sales.csv | sort -n
#: a report
awk -F, 'BEGIN{printf "%-8s %8s\n","region","total"} NR>1{t[$2]+=$3; g+=$3} END{n=asorti_(t); printf "%-8s %8.1f\n","all",g} function asorti_(x){return 0}' data/sales.csv
#: fields with spaces and tabs
printf 'a\tb c\td\n' | awk -F'\t' '{print $2}'; printf '  lead  space \n' | awk '{print $1 "|" $2 "|" NF}'
#: a program from a file
printf '{ print NR ": " $0 }\n' > p.awk; awk -f p.awk notes/todo.txt
