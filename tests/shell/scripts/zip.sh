#: archives and back
zip -q z.zip run.sh data/one.csv; unzip -Z1 z.zip | sort; unzip -p z.zip run.sh; mkdir o; unzip -q z.zip -d o; find o -type f | sort; zip -qr y.zip notes; unzip -Z1 y.zip | sort; rm *.zip
#: parts of archives
zip -qj z.zip notes/*.txt; unzip -Z1 z.zip | sort; unzip -qo z.zip; cat todo.txt; unzip -q z.zip 'd*' -d o; ls o; unzip -q z.zip nope -d o 2>/dev/null; echo $?; zip -q z nope > /dev/null 2>&1; echo $?; unzip nope 2>/dev/null; echo $?; unzip run.sh > /dev/null 2>&1; echo $?; unzip -qn z.zip; echo $?; unzip -tq z.zip >/dev/null; echo $?; rm z.zip
#: trees and updates
zip -qr z.zip . -x '*.csv' 'data/*'; unzip -Z1 z.zip | sort | head -20; echo x > new; zip -q z.zip new; unzip -p z.zip new; unzip -l z.zip | tail -1 | awk '{print $2, $3}'; echo y > new; zip -q z.zip new; unzip -p z.zip new; cd notes; zip -qr ../w.zip .; unzip -Z1 ../w.zip | sort; rm ../*.zip
