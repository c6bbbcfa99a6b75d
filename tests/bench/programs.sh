#!/bin/sh
# The real programs of the benchmark, run inside the guest: programs.sh ITEM. The list for people and
# for run.py are the labels below, each with a comment. What an item prints is compared.
set -eu

# Paths in full where busybox's shell has such a command built in.

# Text to work on: Python's library, always the same as long as the packages are.
text() {
	[ -f /tmp/text ] || cat /usr/lib/python3.11/[a-r]*.py | head -c 3000000 >/tmp/text
	head -c "$1" /tmp/text
}

python() {
	PYTHONHASHSEED=0 python3.11 -I -S -B -c "$1"
}

prepare() {
	case $1 in
	gzip) head -c 1500000 /usr/bin/python3.11 >/tmp/input ;;
	xz) text 200000 >/tmp/input ;;
	openssl-*) text 3000000 >/tmp/input ;;
	esac
}

run() {
	case $1 in
	python-loops) # arithmetic, calls, lists
		python '
def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps

def primes(limit):
    sieve = [True] * limit
    for i in range(2, limit):
        if sieve[i]:
            for j in range(i * i, limit, i):
                sieve[j] = False
    return sum(sieve) - 2

print(max((collatz(n), n) for n in range(1, 1500)), primes(60000))
print(sum(x * 0.5 - y for x in range(150) for y in range(100)))
'
		;;
	python-dicts) # dictionaries, strings, sorting, objects
		python '
class Word:
    def __init__(self, text):
        self.text, self.count = text, 0
    def seen(self):
        self.count += 1

words = {}
text = open("/usr/lib/python3.11/argparse.py").read().split()
for round in range(4):
    for word in text:
        words.setdefault(word, Word(word)).seen()
best = sorted(words.values(), key=lambda word: (-word.count, word.text))
print([(word.text, word.count) for word in best[:20]])
numbers = {i: str(i * 7919 % 10007) for i in range(20000)}
back = {value: key for key, value in numbers.items()}
print(len(back), sum(back[str(i)] for i in range(0, 10007, 3) if str(i) in back))
'
		;;
	sqlite) # a table in memory: insert, index, join, aggregate
		sqlite3 :memory: '
			create table a (id integer primary key, word text, number integer);
			with recursive n(i) as (select 1 union all select i + 1 from n where i < 8000)
				insert into a select i, printf("word%d", i * 7919 % 1009), i * i % 1000 from n;
			create index by_word on a (word);
			select word, count(*), sum(number) from a group by word order by 3 desc, 1 limit 20;
			select count(*), sum(a.number * b.number) from a join a b on a.word = b.word
				where a.number > 500;
			update a set number = number + length(word) where id % 3 = 0;
			select sum(number), max(word), avg(number) from a where word like "%d1%";'
		;;
	gzip) # compress and unpack a program
		/bin/gzip -nc /tmp/input >/tmp/packed
		cat /tmp/packed
		/bin/gzip -dc /tmp/packed
		;;
	xz) # compress and unpack a text, slower and better
		/usr/bin/xz -T1 -c /tmp/input >/tmp/packed
		cat /tmp/packed
		/usr/bin/xz -dc /tmp/packed
		;;
	openssl-sha256) # a digest, with the crypto instructions
		for _ in 1 2 3 4 5 6 7 8; do
			openssl dgst -sha256 /tmp/input
		done
		;;
	openssl-aes) # encryption in four modes, with the crypto instructions
		for mode in cbc ctr cfb ofb; do
			openssl enc -aes-128-$mode -K 000102030405060708090a0b0c0d0e0f \
				-iv 0f0e0d0c0b0a09080706050403020100 -in /tmp/input
		done
		;;
	cc1) # gcc's compiler proper over a C file
		/usr/lib/gcc/aarch64-linux-gnu/12/cc1 -quiet -O2 -fpreprocessed /source.i -o -
		;;
	*)
		echo "programs.sh: no item '$1'" >&2
		exit 1
		;;
	esac
}

"$@"
