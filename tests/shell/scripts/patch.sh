#: a patch of one file
seq 20 > f; cp f f0; sed '5s/5/five/; 15d; 18a new' f > g; diff -u f g > p; patch f < p; echo $?; cmp f g; patch -R f < p; cmp f f0; patch f p; cmp f g; patch -R -i p f; cmp f f0; patch -s f p; echo $?; ls; rm -f p q ../p *.rej
#: pieces that have moved
seq 20 > f; sed '5s/5/five/; 16d' f > g; diff -u f g > p; (echo extra; echo more; cat f) > h; mv h f; patch f < p; echo $?; cat f; ls; cat f.orig | head -2; rm -f p q ../p *.rej
#: pieces that nearly fit
seq 20 > f; sed '9s/9/nine/' f > g; diff -u f g > p; sed -i '6s/6/x/' f; patch f < p; echo $?; sed -n 5,12p f; ls; seq 20 > f; sed -i '7,8s/./y/' f; patch f < p; echo $?; patch -F 0 f < p; echo $?; patch -F 3 f < p; echo $?; cat f; rm -f p q ../p *.rej
#: pieces that do not fit
seq 20 > f; sed '5s/5/five/; 15s/15/x/' f > g; diff -u --label a --label b f g > p; sed -i '4,6s/./z/' f; patch f < p; echo $?; cat f f.rej; ls; patch --dry-run f < p; echo $?; rm -f p ../p
#: what is done already
seq 20 > f; sed '5s/5/five/' f > g; diff -u --label a --label b f g > p; patch f < p; patch -N f < p; echo $?; cat f.rej; patch -f f < p; echo $?; patch -R f < p; patch -N -R f < p; echo $?; ls; rm -f p ../p
#: trees
cp -r notes n2; echo x >> n2/todo.txt; rm n2/done.txt; echo new > n2/deep/new; mkdir -p n2/a/b; echo y > n2/a/b/c; diff -ruN notes n2 > p; mv n2 n3; patch -N -p0 < p; echo $?; find notes | sort; cat notes/todo.txt notes/deep/new; patch -N -p0 < p | grep -v Skip; find . -name '*.rej' -delete; patch -R -p0 < p; echo $?; find notes | sort; cd notes; patch -N -p1 < ../p; patch -N -R -p1 < ../p; patch -N -R -p1 < ../p; find . -name '*.rej' -delete; find . | sort; rm -f p ../p
#: names as git writes them
printf 'diff --git a/src/main.py b/src/main.py\nindex 1..2 100644\n--- a/src/main.py\n+++ b/src/main.py\n@@ -1,3 +1,3 @@ def x\n import os\n-import sys\n+import re\n \ndiff --git a/new b/new\nnew file mode 100644\n--- /dev/null\n+++ b/new\n@@ -0,0 +1,2 @@\n+1\n+2\n' > p; patch -p1 < p; echo $?; head -3 src/main.py; cat new; patch -p1 -R < p; echo $?; ls; rm -f p q ../p *.rej
#: lines without an end
printf 'a\nb' > f; printf 'a\nc\n' > g; diff -u f g > p; diff -u g f > q; patch f p; od -c f; patch f q; od -c f; rm -f p q ../p *.rej
#: what is no patch
echo x > f; cp f f0; patch f < /dev/null; echo $?; echo garbage | patch f 2>/dev/null; echo $?; printf -- '--- a\n+++ b\n@@ -1,2 +1,2 @@\n-x\n' | patch f 2> /dev/null | grep -v patching; cmp f f0; patch nope/f < f 2>/dev/null; echo $?; patch --nope 2>/dev/null; echo $?; rm -f p q ../p *.rej
#: additions at the ends of a file
seq 5 > f; (echo 0; seq 5; echo 6) > g; diff -u f g > p; patch f p; cmp f g; seq 5 > f; diff -U0 f g > p; patch f p; cmp f g; : > e; diff -u e f > p; patch e p; cmp e f; patch -R e p; echo $?; ls; rm -f p q ../p *.rej
#: a new name, a backup and a dry run
seq 9 > f; sed 5d f > g; diff -u f g > p; patch -o out f p; cmp out g; patch -b f p; ls; patch --dry-run -R f p; cmp f g; cat p | (mkdir d; cp f.orig d/f; cd d; patch -p0); ls d; rm -f p ../p
#: names in quotes
mkdir x y; for n in 'a b' 'q"q' "s's"; do echo 1 > "x/$n"; echo 2 > "y/$n"; done; diff -ru x y > p; grep -v '^@@' p | cut -f1; rm -r y; cp -r x z; patch -s -p0 < p; echo $?; cat x/*; patch -s -R -p0 < p; diff -r x z; echo $?; rm -f p
