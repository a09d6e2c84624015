#: links modes numbers 1
stat -c '%n %s %F' run.sh notes; stat -c %a run.sh; stat --format=%s data/one.csv; stat -c '%A' notes
#: links modes numbers 2
stat nope; echo $?
#: links modes numbers 3
stat -L -c %F run.sh; ln -s run.sh l; stat -c '%N %F' l; stat -L -c %n l
#: links modes numbers 4
touch -d 2020-01-02T03:04:05Z run.sh; stat -c '%Y %y' run.sh; stat -c %x run.sh >/dev/null; stat -c %U run.sh >/dev/null
#: links modes numbers 7
ln -s run.sh l; ln -s data/one.csv l; echo $?; ln -sf data/one.csv l; readlink l
#: links modes numbers 8
ln -s ../run.sh notes; ls -l notes | awk '{print $NF}'; readlink notes/run.sh
#: links modes numbers 9
ln -s run.sh; echo $?
#: links modes numbers 10
ln -s nope dangling; ln -sfn notes n; ln -sfn data n; readlink n; ls n
#: links modes numbers 11
ln -s run.sh data/one.csv notes/; echo $?; readlink notes/one.csv
#: links modes numbers 12
ln -sr data/one.csv notes/l; readlink notes/l
#: links modes numbers 13
ln; echo $?
#: links modes numbers 14
ln -s; echo $?
#: links modes numbers 15
ln -sv run.sh l
#: links modes numbers 16
chmod 755 run.sh; stat -c %a run.sh; chmod u+x,g-w run.sh; stat -c %a run.sh; chmod -R a+r notes; stat -c %a notes; chmod +x run.sh; stat -c '%a %A' run.sh
#: links modes numbers 17
chmod u=rwx,go= run.sh; stat -c %a run.sh; chmod go=u run.sh; stat -c %a run.sh; chmod a-x run.sh; stat -c %a run.sh
#: links modes numbers 18
chmod zzz run.sh; echo $?; chmod 999 run.sh; echo $?; chmod 644 nope; echo $?; chmod; echo $?; chmod 644; echo $?
#: links modes numbers 19
chmod -v 700 run.sh; chmod -c 700 run.sh; chmod --reference=run.sh data/one.csv; stat -c %a data/one.csv
#: links modes numbers 20
chmod -w run.sh; stat -c %a run.sh; chmod o+X notes run.sh; stat -c %a notes run.sh; chmod g+s notes; stat -c %a notes; chmod 1777 notes; stat -c %a notes
#: links modes numbers 27
seq 5; seq 2 5; seq 1 2 10; seq 5 -1 1; seq -w 8 11; seq -s, 5; seq -f '%03g' 3; seq 0.1 0.1 0.5; seq 1 0; echo $?; seq; echo $?; seq a; echo $?
#: links modes numbers 28
seq -s ' ' 3; seq -w 1 0.5 3; seq 1.0 3; seq -1 1; seq -- -2 0; seq 1e1; seq 3 -1; seq -f 'x%.2f' 1 3
#: links modes numbers 29
yes | head -3; yes no | head -2; yes a b | head -2
#: links modes numbers 30
seq 200000 | tail -1; seq 200000 | wc -l
