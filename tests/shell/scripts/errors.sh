#: unknown commands
nosuch; echo $?; nosuch arg | cat; echo ${PIPESTATUS[0]}; ./nope; echo $?; ./notes 2>/dev/null; echo $?; ./run.sh 2>/dev/null; echo $?
#: missing files
cat nope; echo $?; cat nope notes/done.txt; echo $?; head nope; echo $?; wc nope; echo $?; cut -f1 nope; echo $?; sed p nope; echo $?; awk 1 nope; echo $?; grep x nope; echo $?; tail nope; echo $?; uniq nope; echo $?; cp nope x; echo $?; mv nope x; echo $?; rm nope; echo $?; tac nope; echo $?; md5sum nope; echo $?; ls nope; echo $?; stat nope; echo $?; touch nope/x; echo $?; chmod 1 nope; echo $?
#: directories where files are wanted
cat notes; echo $?; head notes > /dev/null 2>&1; wc notes > /dev/null 2>&1; echo $?; cp notes x; echo $?; grep x notes; echo $?; echo x > notes; echo $?; rm notes; echo $?; sort notes > /dev/null 2>&1; echo $?; source notes 2>/dev/null; echo $?
#: files where directories are wanted
cd run.sh; echo $?; ls run.sh/; echo $?; mkdir run.sh; echo $?; mkdir run.sh/x; echo $?; touch run.sh/x; echo $?; echo x > run.sh/y; echo $?; cat run.sh/z; echo $?; rmdir run.sh; echo $?; cp notes/todo.txt run.sh/; echo $?; [ -e run.sh/x ]; echo $?
#: wrong options
ls --nope 2>/dev/null; echo $?; grep --nope x 2>/dev/null; echo $?; sort --nope 2>/dev/null; echo $?; mkdir 2>/dev/null; echo $?; cp 2>/dev/null; echo $?; mv x 2>/dev/null; echo $?; head -n x run.sh 2>/dev/null; echo $?; cut run.sh 2>/dev/null; echo $?; tr 2>/dev/null; echo $?; touch 2>/dev/null; echo $?; rmdir 2>/dev/null; echo $?; ln 2>/dev/null; echo $?
#: bad expressions
grep '[' run.sh 2>/dev/null; echo $?; sed 's/x' run.sh 2>/dev/null; echo $?; jq '.[' data/doc.json 2>/dev/null; echo $?; find . -nope 2>/dev/null; echo $?; test 1 -eq x 2>/dev/null; echo $?; [ 2>/dev/null; echo $?
#: going on after an error
cat nope; echo next; cd nope; echo still; x=$(cat nope); echo "[$x] $?"; cat nope | wc -l; for f in nope run.sh; do wc -l $f; done; cat nope && echo never || echo alternative; [ -f nope ] || { echo making; touch nope; }; ls nope
#: errors and redirections
cat nope 2> err; grep -c 'No such file' err; cat nope > out 2>&1; wc -l < out; cat nope 2>&1 | wc -l; (cat nope; echo ok) 2>/dev/null; { cat nope; } 2>/dev/null || echo failed; ls nope run.sh 2>/dev/null; exec 2>log; cat nope; grep -c nope log
#: errors in functions
f() { cat nope 2>/dev/null || return 9; echo no; }; f; echo $?; g() { set -e; false; echo no; }; (g); echo $?; h() { cd nope 2>/dev/null && echo in || echo out; }; h; k() { [ $# -eq 1 ] || { echo "usage: k X" >&2; return 64; }; echo $1; }; k; echo $?; k y
#: die
die() { echo "error: $*" >&2; exit 3; }; (die 'went wrong'; echo never); echo $?; [ -f run.sh ] || die missing; (cd nope 2>/dev/null || die 'no dir'); echo $?; echo end
#: status of the last
ls nope 2>/dev/null | cat; echo $?; (ls nope 2>/dev/null; true); echo $?; if ls nope 2>/dev/null; then :; fi; echo $?; for x in 1; do false; done; echo $?; while false; do :; done; echo $?; case x in y) ;; esac; echo $?; x=$(false) y=1; echo $?; false & wait $!; echo $?
#: xargs and find with failures
echo nope | xargs cat 2>/dev/null || echo failed; find . -name run.sh -exec false \; ; echo $?; find . -name run.sh -exec cat nope \; 2>/dev/null; echo $?; find nope -name x 2>/dev/null; echo $?; ls nope* 2>/dev/null; echo $?
#: unset and empty arguments
x=; cat "$x" 2>/dev/null; echo $?; ls "" 2>/dev/null; echo $?; cd "" ; echo $?; [ $x = a ] 2>/dev/null; echo $?; [ "$x" = a ]; echo $?; mkdir "" 2>/dev/null; echo $?; rm -f ""; echo $?; rm -f $x; echo $?; echo $x | wc -w
#: exit in the middle
echo a; if true; then echo b; exit 5; fi; echo never
#: exit from a loop in a pipe
printf '1\n2\n3\n' | while read x; do [ $x = 2 ] && exit 4; echo $x; done; echo $?; f() { for x in 1 2 3; do [ $x = 2 ] && return 6; echo $x; done; }; f; echo $?
#: syntax
bash -c 'if true; then' 2>/dev/null; echo $?; bash -c 'echo (' 2>/dev/null; echo $?; bash -c 'for' 2>/dev/null; echo $?; bash -c "echo 'open" 2>/dev/null; echo $?; bash -n -c 'echo ok'; echo $?; bash -c 'exit 300'; echo $?; bash -c 'exit -1'; echo $?; eval 'if' 2>/dev/null; echo $?
#: timeouts
timeout 5 echo quick; echo $?; timeout 0.05 sleep 5; echo $?; timeout 1 false; echo $?; timeout 1 nosuch 2>/dev/null; echo $?
