#: fields
jq .name data/doc.json; jq -r .name data/doc.json; jq .tags data/doc.json; jq -c .tags data/doc.json; jq '.tags[0]' data/doc.json; jq -r '.tags[]' data/doc.json; jq '.nested.deep' data/doc.json; jq .none data/doc.json
#: whole documents
jq . data/doc.json; jq -c . data/doc.json; jq -S -c . data/doc.json; echo '[1,[2]]' | jq .; echo '{}' | jq .; echo '"s"' | jq -r .
#: arrays of objects
jq '.[].name' data/people.json; jq -r '.[] | "\(.name) is \(.age)"' data/people.json; jq 'length' data/people.json; jq '[.[] | .age] | add' data/people.json; jq 'map(.age) | max' data/people.json; jq -c 'map(select(.age > 40))' data/people.json; jq -r '.[] | select(.name == "ada") | .age' data/people.json
#: sort and group
jq -c 'sort_by(.age) | map(.name)' data/people.json; jq -c 'group_by(.team) | map({team: .[0].team, n: length})' data/people.json; jq -c '[.[].team] | unique' data/people.json; jq -c 'max_by(.age).name, min_by(.age).name' data/people.json; jq -c 'sort_by(.name) | reverse | .[0:2] | map(.name)' data/people.json
#: to csv
jq -r '.[] | [.name, .age] | @csv' data/people.json; jq -r '.[] | [.name, .age] | @tsv' data/people.json; jq -r '(.[0] | keys_unsorted), (.[] | [.[]]) | @csv' data/people.json
#: keys and entries
jq -c keys data/doc.json; jq -c 'to_entries | map(.key)' data/doc.json; jq -c 'with_entries(select(.value | type == "string"))' data/doc.json; jq 'has("name"), has("zzz")' data/doc.json; jq -c 'del(.tags) | keys' data/doc.json
#: changes
jq -c '.name = "new" | .name' data/doc.json; jq -c '.tags += ["x"] | .tags' data/doc.json; jq -c '.count |= . + 1 | .count' data/doc.json; jq -c '. + {extra: true} | .extra' data/doc.json; jq -c '.nested.deep = null | .nested' data/doc.json
#: arguments
jq -n --arg x 5 '$x'; jq -n --argjson x 5 '$x + 1'; jq -c --arg n ada 'map(select(.name == $n))' data/people.json; jq -nc '{a: 1, b: [1,2]}'; jq -n '[range(5)] | add'; jq -nr '"a\tb"'; jq -nc '$ENV.HOME | type'
#: slurp and raw
printf '1\n2\n3\n' | jq -s add; printf '{"a":1}\n{"a":2}\n' | jq -sc 'map(.a)'; printf 'l1\nl2\n' | jq -R .; printf 'l1\nl2\n' | jq -Rsc 'split("\n")'; printf '{"a":1}\n{"a":2}\n' | jq -c '.a'
#: conditions
jq -r '.[] | if .age > 40 then "old" else "young" end' data/people.json; jq -r '.[] | .nick // "none"' data/people.json; echo '[1,null,2]' | jq -c 'map(. // 0)'; echo '{"a":null}' | jq '.a == null'; echo '[3,1]' | jq 'any(. > 2), all(. > 2)'
#: strings
echo '"a,b,c"' | jq -c 'split(",")'; echo '["a","b"]' | jq -r 'join("-")'; echo '"Hello"' | jq -r 'ascii_downcase, length, (.[1:3])'; echo '"a1b2"' | jq -r 'gsub("[0-9]";"")'; echo '"x"' | jq 'test("^x$")'; echo '"  a "' | jq 'ltrimstr(" ") | rtrimstr(" ")'; echo '"5"' | jq 'tonumber + 1'; echo 5 | jq -c '[tostring, type]'
#: numbers
echo '[1,2.5,3]' | jq -c 'map(floor), (add/length)'; echo 10 | jq '. % 3, . / 4'; echo '[1,2]' | jq '.[0] + .[1]'; echo 100000000000 | jq .
#: errors and exit codes
echo '{"a":1}' | jq .a.b 2>/dev/null; echo $?; echo false | jq -e .; echo $?; echo null | jq -e . ; echo $?; echo 1 | jq -e . > /dev/null; echo $?; jq . nope 2>/dev/null; echo $?; echo '{"a":1}' | jq '.a.b?'; echo '[1]' | jq 'try error("x") catch .'
#: paths
jq -c 'paths' data/doc.json; jq -c '[leaf_paths | join(".")]' data/doc.json 2>/dev/null || echo none; jq -c 'getpath(["nested","deep"])' data/doc.json; jq -c '[.. | numbers]' data/doc.json
#: reduce and functions
echo '[1,2,3]' | jq 'reduce .[] as $x (0; . + $x)'; echo '[1,2,3]' | jq -c 'def sq: . * .; map(sq)'; echo '[[1,2],[3]]' | jq -c 'flatten, add'; echo '[1,2,3,4]' | jq -c '.[1:3], .[-1], first, last'; echo '{"a":1}' | jq -c '[.a as $v | $v, $v + 1]'; jq -c 'limit(2; .[].name)' data/people.json
#: back to shell
for n in $(jq -r '.[].name' data/people.json); do echo "<$n>"; done; jq -r '.[] | "\(.name)\t\(.age)"' data/people.json | while IFS=$'\t' read -r n a; do echo "$a:$n"; done; total=$(jq '[.[].age] | add' data/people.json); echo "total $total"; jq -r '.[] | @sh "echo \(.name)"' data/people.json | bash
#: edit a file
jq '.count = 9' data/doc.json > t && mv t data/doc.json; jq .count data/doc.json; jq --tab -n '{a:1}'; jq --indent 1 -n '{a:1}'; jq -j '.[].name' data/people.json; echo; jq -a -n '"é"'
