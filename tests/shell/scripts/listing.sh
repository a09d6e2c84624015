#: touch and ls 1
ls -lh --color=never run.sh | cut -c1-10; ls --color=auto; ls --color
#: touch and ls 2
ls -p; ls -1p; ls -Fd notes run.sh; ls -m data; ls -Q data
#: touch and ls 3
ls -v; touch f10 f9 f1; ls -v f*; ls -X data; ls --group-directories-first; ls -U data | sort
#: touch and ls 4
ls -i run.sh | wc -w; ls -s data | wc -l; ls -n run.sh | wc -w; ls -g run.sh | wc -w; ls -o run.sh | wc -w; ls -go run.sh | wc -w
#: touch and ls 5
touch -d 2020-01-02T03:04:05.5Z run.sh; ls -l --time-style=long-iso run.sh | cut -d' ' -f6-; ls --full-time run.sh | cut -d' ' -f6-; ls -l --time-style=+%Y run.sh | cut -d' ' -f6-; ls -l --time-style=iso run.sh | cut -d' ' -f6-
#: touch and ls 6
ls -L; ln -s run.sh l; ls -L l; ls -lL l | cut -c1; ln -s nope d; ls d; ls d/; echo $?; ls -L d; echo $?
#: touch and ls 7
ls -I '*.sh'; ls --ignore='n*'; ls -B; ls --hide='*.sh'; ls -a --hide='*.sh'
#: touch and ls 8
ls -ltr data | wc -l; ls -1 *.sh; ls -d */; ls -d .*; ls -ld notes/ | cut -c1
#: touch and ls 9
ls notes/*; ls -R notes/deep data; ls "no such"; ls -1S data; ls --sort=size data; ls --sort=time data >/dev/null; ls --format=single-column data
#: touch and ls 10
ls --zero data | tr '\0' '\n'; ls -q; ls -N; ls -G; ls -w 80; ls -k data; echo end
#: touch and ls 11
ls -lS data | awk '{print $NF}'; ls -A | head -3; ls -aF | head -3; ls -Ap
#: touch and ls 12
touch -d yesterday x; echo $?; touch -d '2 days ago' x; touch -d 'Jan 5 2020' x; touch -d '2020-01-05 10:00' x; stat -c %y x; touch -d '2020/01/05' x; stat -c %Y x; touch -d '2020-01-01 +1 day' x; stat -c %y x;touch -d 20200105 x; stat -c %Y x
#: touch and ls 13
touch -d 'last week' y; touch -d 'next friday' y; echo $?; touch -d '10:30' y; touch -d '2020-01-05T10:00:00+02:00' y; stat -c %Y y
#: touch and ls 14
touch a b c; touch -r run.sh a; [ a -nt run.sh ]; echo $?; touch -m -d 2021-01-01 a; stat -c %Y a; touch -am a; touch -h a
#: names in columns, down and across
ls -C data; ls -x data; ls -C -w 20 data; ls -x -w 20 data; ls -C -w 0 data; ls -C -w 1 data
#: columns with many names of all lengths
mkdir many; cd many; for i in $(seq 60); do touch $(printf '%0*d' $((i % 13 + 1)) $i); done; ls -C; ls -x; ls -C -w 40; ls -C -w 100; COLUMNS=50 ls -C; ls -Cw 33
#: columns with marks, dots, numbers and directories below
ls -aCF; ls -CR notes; ls -Cs data | tail -n +2; ls -C1 data; ls -1C data; ls -Cm data; ls -mC data; ls --format=across data; ls --format=vertical data
#: columns of nothing and of one
mkdir none; ls -C none; ls -C README.md; ls -x none README.md
