#: for over words
for x in a b "c d"; do echo "[$x]"; done; for i in {1..3} {a..c}; do printf '%s ' $i; done; echo; for ((i=0; i<3; i++)); do printf '%d,' $i; done; echo
#: for over files
for f in notes/*.txt; do [ -f "$f" ] || continue; base=$(basename "$f" .txt); echo "$base $(wc -l < "$f")"; done; for f in *.nope; do echo "$f"; done
#: while read
while read -r line; do echo "<$line>"; done < notes/todo.txt; while IFS=, read -r name age; do echo "$age $name"; done < data/one.csv; printf 'a b c\n' | while read x y; do echo "$y"; done
#: while with counters
i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i -eq 2 ] && continue; echo $i; done; until [ $i -le 0 ]; do i=$((i-1)); done; echo $i; while true; do i=$((i+1)); if ((i>4)); then break; fi; done; echo $i
#: nested loops
for i in 1 2 3; do for j in 1 2 3; do [ $j -eq 2 ] && continue 2; echo $i$j; done; done; for i in 1 2; do for j in 1 2; do break 2; done; done; echo $i$j
#: pipes into loops lose variables
n=0; printf '1\n2\n' | while read x; do n=$((n+x)); done; echo $n; n=0; while read x; do n=$((n+x)); done < <(printf '1\n2\n'); echo $n; n=0; while read x; do n=$((n+x)); done <<< $'3\n4'; echo $n
#: if and tests
if [ -d notes ]; then echo d; elif [ -f notes ]; then echo f; else echo n; fi; if grep -q milk notes/todo.txt; then echo yes; fi; if ! false; then echo not; fi; if [[ -e run.sh && ! -d run.sh ]]; then echo file; fi
#: string tests
x=abc; [ "$x" = abc ] && echo eq; [ "$x" != abd ] && echo ne; [ -n "$x" ] && echo n; [ -z "" ] && echo z; [[ $x == a* ]] && echo glob; [[ $x == "a*" ]] || echo literal; [[ $x =~ ^a(.)c$ ]] && echo "${BASH_REMATCH[1]}"; [[ b > a ]] && echo gt; [[ -z $nope ]] && echo unset
#: number tests
[ 3 -gt 2 ] && echo gt; [ 2 -ge 2 -a 1 -lt 2 ] && echo and; [ 1 -eq 2 -o 2 -eq 2 ] && echo or; ((5 > 3)) && echo arith; [[ 10 -gt 9 ]] && echo num; [ 08 -eq 8 ] && echo decimal; ((0)) || echo zero
#: file tests
[ -s data/empty ] || echo empty; [ -x run.sh ] || echo notx; chmod +x run.sh; [ -x run.sh ] && echo x; [ notes -ef ./notes ] && echo same; touch -d 2020-01-01 old; [ run.sh -nt old ] && echo newer; [ old -ot run.sh ] && echo older; ln -s nope d; [ -L d ] && echo link; [ -e d ] || echo dangling; [ -r run.sh ] && [ -w run.sh ] && echo rw
#: case
for x in a.txt b.csv README 42 ''; do case "$x" in *.txt|*.md) echo text;; *.csv) echo csv;; [0-9]*) echo num;; "") echo empty;; *) echo other;; esac; done; case abc in a*) echo 1;;& *c) echo 2;; esac; case x in x) echo fall;& y) echo through;; esac
#: functions
f() { echo "$# $1 $2"; return 3; }; f a 'b c'; echo $?; g() { local x=in; echo $x; }; x=out; g; echo $x; h() { x=changed; }; h; echo $x; function k { echo k; }; k; r() { if [ $1 -le 1 ]; then echo 1; else echo $(( $1 * $(r $(($1-1))) )); fi; }; r 5
#: function arguments
f() { for a; do echo "[$a]"; done; echo "$@" "$*"; shift; echo $1; set -- x y; echo $2; }; f 1 '2 3' 4; f2() { echo ${@:2} ${#@} ${!#}; }; f2 a b c; (IFS=-; set -- a b; echo "$*")
#: return values
f() { return 5; }; f || echo "failed $?"; x=$(f); echo $?; g() { echo out; return 1; }; if y=$(g); then echo ok; else echo "no $y"; fi; local_fail() { local v=$(false); echo $?; }; local_fail
#: options with getopts
parse() { local OPTIND o; while getopts 'ab:c' o; do case $o in a) echo a;; b) echo "b=$OPTARG";; c) echo c;; ?) echo bad;; esac; done; shift $((OPTIND-1)); echo "rest $*"; }; parse -a -b 5 x y; parse -cb7 z; parse -z 2>/dev/null; parse
#: positional parameters
set -- one two three; echo $1 $# "$@"; shift 2; echo $1; set --; echo $#; set -- a b c d e f g h i j k; echo ${10} ${11} $10
#: exit codes
true; echo $?; false; echo $?; (exit 7); echo $?; ! true; echo $?; nosuch 2>/dev/null; echo $?; true && echo and; false || echo or; true && false || echo both; [ a = b ]; echo $?; { false; true; }; echo $?
#: set -e
(set -e; echo a; false; echo b); echo $?; (set -e; if false; then :; fi; false || true; ! true; echo survived); (set -e; f() { false; echo inside; }; f; echo no); echo $?; (set -e; x=$(false); echo no); echo $?
#: set -u and defaults
(set -u; echo $undefined) 2>/dev/null; echo $?; (set -u; echo ${undefined:-ok}); echo ${x:=assigned} $x; echo ${y:+set} ${x:+set}; (: ${z:?is needed}) 2>/dev/null; echo $?
#: pipefail
false | true; echo $? ${PIPESTATUS[@]}; set -o pipefail; false | true; echo $?; true | false | true; echo $? "${PIPESTATUS[*]}"
#: subshells and groups
x=1; (x=2; echo $x); echo $x; { x=3; }; echo $x; (cd notes; ls); ls | head -1; y=$(x=9; echo $x); echo $x $y; (exit 3) || echo $?
#: command substitution
echo "a $(echo b $(echo c)) d"; x=`echo old`; echo $x; echo $(printf 'a\nb\n'); echo "$(printf 'a\nb\n\n\n')" end; n=$(ls notes | wc -l); echo $((n+1)); echo "$(cat <<X
here $((1+1))
X
)"
#: process substitution
cat <(echo a) <(echo b); diff <(echo a) <(echo a) && echo same; paste <(seq 3) <(seq 4 6); wc -l < <(seq 5); sort -m <(printf '1\n3\n') <(printf '2\n4\n')
#: eval and indirect
cmd='echo evaluated'; eval "$cmd"; name=var; var=value; echo ${!name}; eval "dyn_$name=5"; echo $dyn_var; declare -n ref=var; echo $ref; ref=new; echo $var; printf -v out '%03d' 7; echo $out
#: source
printf 'lib_x=5\nlib_f() { echo "lib $1"; }\n' > lib.sh; source lib.sh; lib_f $lib_x; . ./lib.sh; echo 'return 4; echo no' > r.sh; source r.sh; echo $?; source nope 2>/dev/null; echo $?; printf 'echo $1 $#\n' > a.sh; source a.sh x y
#: scripts
printf '#!/bin/bash\necho "script $0 $1 $#"\nexit 4\n' > s.sh; bash s.sh a b; echo $?; chmod +x s.sh; ./s.sh 'x y'; echo $?; bash -c 'echo $0 $1' zero one; echo 'echo from stdin' | bash; bash -e -c 'false; echo no'; echo $?; printf 'x=inner\n' > v.sh; bash v.sh; echo ${x:-unset}
#: traps
trap 'echo bye' EXIT; echo work; (trap 'echo sub' EXIT; exit 2); echo $?; f() { trap 'echo ret' RETURN; }; f > /dev/null; trap 'echo err' ERR; false; trap - ERR; false; echo end
#: here documents
x=5; cat <<END
a $x $((x+1)) $(echo sub) \$x
END
cat <<'END'
$x `y`
END
cat <<-END
	tab gone
	END
cat <<A; cat <<B
first
A
second
B
#: here documents into commands
while read -r a b; do echo "$b $a"; done <<END
1 one
2 two
END
cat > made.txt <<END
line "quoted" 'single'
END
cat made.txt; wc -l <<< 'here string'; tr a-z A-Z <<< "$(echo sub)"; bash <<'END'
echo "in bash $((2*3))"
END
#: redirections
echo a > f; echo b >> f; cat < f; ls nope 2> err; wc -l < err; ls nope > both 2>&1; wc -l < both; ls nope &> both2; wc -l < both2; echo to err >&2; { echo 1; echo 2; } > g; cat g; : > g; wc -c < g; echo x >| g; cat g
#: file descriptors
exec 3> out3; echo three >&3; exec 3>&-; cat out3; exec 4< notes/todo.txt; read -r l <&4; echo "$l"; read -r l <&4; echo "$l"; exec 4<&-; { echo o; echo e >&2; } 2>&1 | sort; echo x 2>/dev/null 1>y; cat y; (echo a; echo b >&2) 2>&1 >/dev/null
#: noclobber
set -o noclobber; echo a > f; echo b > f 2>/dev/null; echo $?; cat f; echo c >| f; cat f; set +o noclobber; echo d > f; cat f
#: quotes
x='a  b'; echo $x; echo "$x"; echo '$x'; echo "it's"; echo 'say "hi"'; echo "say \"hi\" \$x \\ \`"; echo a\ b; echo $'tab\there\nline\x41\u00e9'; echo "a"'b'c; echo ""; echo '' | wc -c; echo "a
b"
#: word splitting
x='a b   c'; for w in $x; do echo "<$w>"; done; IFS=,; y='1,2,,3'; for w in $y; do echo "<$w>"; done; unset IFS; set -- $x; echo $#; z='*'; echo "$z" ; echo $z | wc -w; e=''; set -- $e "$e"; echo $#
#: parameter expansion
p=/a/b/file.tar.gz; echo ${p##*/} ${p%/*} ${p%.*} ${p%%.*} ${p#*/}; echo ${#p} ${p:3} ${p:3:4} ${p: -2}; echo ${p/a/X} ${p//a/X} ${p/#\//R} ${p/%gz/zip}; s=hello; echo ${s^} ${s^^} ${s~~}; t=HELLO; echo ${t,} ${t,,}; echo ${s:1:-1}
#: parameters quoted and transformed
x="a'b c"; echo ${x@Q}; a=(1 2); echo ${a[@]@Q}; y=$'l1\nl2'; echo "${y@E}" | wc -l; printf '%q\n' "a b" 'c$d'; u=abc; echo ${u@U} ${u@u}
#: arithmetic
echo $((1+2*3)) $(( (1+2)*3 )) $((7/2)) $((-7/2)) $((7%3)) $((2**8)) $((5>3)) $((5==3)) $((1<<4)) $((6&3)) $((6|1)) $((6^2)) $((~5)) $((!0)); x=5; echo $((x++)) $x $((++x)) $((x--)) $((x+=3)) $x $((x>5?1:0)); echo $((0x1f)) $((010)) $((2#101)) $((16#ff)); let y=3*4; echo $y; ((z=5, z++)); echo $z; echo $((10/0)) 2>/dev/null; echo after
#: arithmetic with variables
a=3 b=4; echo $((a*a+b*b)); i=0; ((i++)); ((i+=5)); echo $i; declare -i n=5; n+=3; echo $n; n='2*3'; echo $n; arr=(1 2 3); echo $((arr[0]+arr[2])); echo $(( a > b ? a : b )); for ((i=10;i>0;i-=3)); do printf '%d ' $i; done; echo
#: bc
echo 'scale=3; 10/3' | bc; echo '2^10' | bc; echo 'sqrt(2)' | bc -l | cut -c1-8; echo '5>3' | bc; echo 'x=4; x*x' | bc; bc <<< '1+1'
#: expr
expr 1 + 2; expr 10 / 3; expr 3 \* 4; expr length hello; expr 5 \> 3; expr a = b; echo $?; expr 7 % 4
#: indexed arrays
a=(x y 'z w'); echo ${a[0]} ${a[2]} ${#a[@]} ${!a[@]}; a+=(new); echo "${a[@]}"; a[10]=ten; echo ${#a[@]} ${!a[@]}; unset 'a[1]'; echo "${a[@]}"; for e in "${a[@]}"; do echo "[$e]"; done; echo "${a[@]:1:2}" "${a[-1]}"; b=("${a[@]}"); echo ${#b[@]}; c=($(seq 3)); echo ${c[*]}
#: array tricks
a=(b a c); IFS=$'\n' sorted=($(sort <<< "${a[*]}")); unset IFS; echo "${sorted[@]}"; mapfile -t l < notes/todo.txt; echo ${#l[@]} "${l[1]}"; printf '%s\n' "${a[@]/#/pre-}"; echo "${a[@]/a/X}"; read -ra w <<< 'one two three'; echo ${w[1]}; a=(); echo ${#a[@]}; IFS=, read -ra f <<< 'p,q,r'; echo ${f[2]}; readarray -t r < <(seq 3); echo ${r[@]}
#: associative arrays
declare -A m; m[a]=1; m[b c]=2; echo ${m[a]} ${m[b c]} ${#m[@]}; for k in $(echo "${!m[@]}" | tr ' ' '\n' | sort | head -1); do echo $k; done; [[ -v m[a] ]] && echo has; unset 'm[a]'; echo ${#m[@]}; declare -A n=([x]=1 [y]=2); ((n[x]++)); echo ${n[x]}; declare -A count; for w in a b a; do ((count[$w]++)); done; echo ${count[a]} ${count[b]}
#: read
echo 'a b c' | { read x y; echo "$y|$x"; }; echo 'a:b' | { IFS=: read x y; echo "$y"; }; read -r x <<< 'back\slash'; echo "$x"; read -n 3 x <<< abcdef; echo $x; read -d ';' x <<< 'one;two'; echo $x; printf 'no newline' | { read x; echo "$? $x"; }; read x < /dev/null; echo $?; IFS= read -r x <<< '  keep  '; echo "[$x]"
#: printf
printf '%s\n' a b; printf '%d %i %05d %+d %x %X %o\n' 5 6 7 8 255 255 8; printf '%.2f %8.3f %-8s|%8s|\n' 3.14159 2.5 left right; printf '%s %s\n' a b c; printf '%b\n' 'a\tb'; printf '%%\n'; printf '%c%c\n' abc def; printf '%*d\n' 5 42; printf 'a\x41\101\n'; printf '%e\n' 12345.678; printf '%q\n' 'a b'; printf '%(%Y)T\n' 0; printf -- '--x\n'; printf '%s'; printf '%d\n' 0x10 010 "'A"; printf '%5.1s|\n' abc
#: echo
echo -n a; echo b; echo -e 'a\tb\nc'; echo 'a\tb'; echo -E 'a\t'; echo -- -n; echo -en 'x\n'; echo; echo "a   b" c; echo -e '\x41\u00e9\0101'; echo -e 'stop\c here'; echo
#: brace expansion
echo {a,b}{1,2} x{,y}z {1..5} {5..1} {01..03} {a..e..2} {1..10..3} a{b,{c,d}}e {x} {} "{a,b}" \{a,b\}; mkdir -p p/{src,test}/{a,b}; find p -type d | sort; touch f{1..3}.txt; ls f*.txt; echo pre{fix,view}.{c,h}
#: tilde and special variables
cd notes; echo ~+ | sed 's,.*/,,'; cd ..; echo $- | grep -c . ; echo $#; echo "${BASH_VERSION%%.*}" | grep -c '^[0-9]'; echo $0 | wc -l; [ -n "$RANDOM" ] && echo random; [ $SECONDS -ge 0 ] && echo seconds; echo $LINENO | grep -c '[0-9]'; echo ${FUNCNAME[0]:-none}; f() { echo ${FUNCNAME[0]}; }; f; [ -n "$$" ] && echo pid
#: background and wait
(echo bg) & wait; echo done; sleep 0.01 & p=$!; wait $p; echo $?; (exit 3) & wait $!; echo $?; for i in 1 2; do (echo $i > w$i) & done; wait; cat w1 w2; jobs | wc -l
#: readonly and unset
readonly R=1; (R=2) 2>/dev/null; echo $?; echo $R; x=1; unset x; echo ${x-unset}; f() { echo f; }; unset -f f; f 2>/dev/null; echo $?; export E=exported; bash -c 'echo $E'; F=once bash -c 'echo $F'; echo ${F:-gone}; declare -r C=3; declare -x D=4; bash -c 'echo $D'; env -i A=1 bash -c 'echo $A'
#: declare and type
declare -l low=ABC; declare -u up=abc; echo $low $up; type -t cd if nosuch; f() { :; }; type -t f; declare -F f; command -v cd; declare -i i=2+3; echo $i; declare -p i; x='a b'; declare -p x; a=(1 2); declare -p a
#: select parts of lists
set -- a b c d; echo "${@:2:2}" "${@: -1}" "${*:1:1}"; x=abcdef; echo ${x:2:2} ${x: -3:2}; a=(1 2 3 4 5); echo ${a[@]:1:3} ${a[@]: -2}; echo "${#a[2]}"
#: logical lines
echo a; echo b # comment
echo c \
  d
echo e && \
  echo f
# whole line
true &&
  echo g
{ echo h
  echo i; }
#: conditional commands
[[ abc == [a-c]* ]] && echo 1; [[ abc =~ b ]] && echo 2; [[ "a b" == *" "* ]] && echo 3; [[ ! -f nope ]] && echo 4; [[ (1 -eq 1 || 1 -eq 2) && 2 -eq 2 ]] && echo 5; re='^[0-9]+$'; [[ 123 =~ $re ]] && echo 7; [[ 12a =~ $re ]] || echo 8; [[ -v HOME ]] && echo 9; [[ 2024-01-31 =~ ^([0-9]+)-([0-9]+) ]] && echo ${BASH_REMATCH[2]} ${#BASH_REMATCH[@]}
#: extended globs
shopt -s extglob; touch a.txt b.csv c.md; echo *.@(txt|csv); echo !(*.md|data|notes|logs|src); case foo in +(o|f)) echo match;; esac; x='  trim  '; x=${x##+( )}; echo "[${x%%+( )}]"; shopt -s nullglob; echo *.nope; shopt -s dotglob; echo .h* *den; shopt -s globstar; echo **/*.md; shopt -s nocaseglob; echo A.T*
#: strings as numbers and back
x=007; echo $((10#$x)); printf '%d\n' "'a"; printf "\\$(printf '%03o' 65)\n"; echo $((36#z)); y=3.7; echo ${y%.*}; printf '%.0f\n' 2.5 3.5; [ 1.5 -gt 1 ] 2>/dev/null; echo $?
#: lists of things to do
set -o errexit; steps=(prepare build); prepare() { mkdir -p work; echo prepared; }; build() { echo built > work/out; }; for s in "${steps[@]}"; do "$s"; done; cat work/out; rm -r work; set +o errexit; false; echo still
#: retries
n=0; until [ $n -ge 3 ]; do n=$((n+1)); [ $n -eq 2 ] && { echo "ok after $n"; break; }; echo "try $n"; done; attempt() { for i in 1 2 3; do "$@" && return 0; done; return 1; }; attempt test -f nope || echo gave up
#: a menu of dispatch
main() { local cmd=${1:-help}; shift || true; case $cmd in add) echo "adding $*";; rm) echo "removing $1";; *) echo "usage"; return 2;; esac; }; main add a b; main rm x; main; echo $?
