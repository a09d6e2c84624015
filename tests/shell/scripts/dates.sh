#: dates 1
date -d '2024-02-28 10:11:12' '+%c|%D|%e|%-d|%k|%l|%I %p %P|%j|%-j|%u %w|%V %G %g|%y %C|%h|%r|%R|%X|%x|%N|%3N|%s|%z %:z %Z|%%|%n|%q|%^a|%_H|%05Y|%A %B'
#: dates 2
date -d '2024-02-28' ; date -d 2024-02-28 -I; date -Iseconds -d 2024-02-28T01:02:03; date -d 2024-02-28 -R; date --rfc-3339=seconds -d 2024-02-28; date -u -d '2024-02-28 10:00 +0200'; TZ=America/New_York date -d '2024-07-01 12:00' +%T%Z; TZ=Europe/Berlin date -d @0 '+%F %T %z'; date -d ''  +%T; date -d 'tomorrow' >/dev/null; date -d nope; echo $?; date +%Y 1; echo $?; date xx; echo $?
#: dates 3
date -r run.sh +%Y; date -r nope; echo $?; for i in 1 2 3; do date -d "2024-01-30 +$i day" +%F; done; date -d '2024-03-01 yesterday' +%F; date -d 'last day' +%F > /dev/null; date -d "$(date -d 2024-05-06)" +%F; echo $(( ($(date -d 2024-03-01 +%s) - $(date -d 2024-02-01 +%s)) / 86400 ))
