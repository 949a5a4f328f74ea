/** What the guest says on its console when the host may look, and the file in its share that lets it go on. */
export const ready = 'red team: ready'
export const goFile = 'go'
export const floodMiB = 160

/** No one may come back for a guest: each ends by itself within some minutes. */
const wait = `echo '${ready}'; for ((n = 0; n < 1500; n++)); do [ -e /workspace/${goFile} ] && break; sleep 0.2; done`

/** The terminal's clipboard, its title, a question that it answers by typing, and the one-byte beginning of a sequence. */
const hostileText = String.raw`\033]52;c;b3duZWQ=\007\033]0;owned\007\033P$q\"p\033\\\302\2335n`

/** What of the host the scenes aim at: a file, and a folder with `keep.txt` in it. */
export interface SceneTargets {
  readonly secretFile: string
  readonly victim: string
}

/** One task for each script, which its guest runs as root. */
export const sceneScripts = ({ secretFile, victim }: SceneTargets) =>
  ({
    consoleFlood: `
key=$(cat /workspace/.api-key)
rm /workspace/.api-key
: >/workspace/started
echo work >/workspace/repo/honest.txt
echo "my key is $key"
printf '%s' "\${key:0:9}"; sleep 0.3; printf '%s\\n' "\${key:9}"
printf '{"type":"result","result":"%s"}\\n' "$key" >/workspace/claude-stream.jsonl
printf '{"success":true,"summary":"%s \\\\u001b]52;c;b3duZWQ=\\\\u0007\\\\u009b5n","files_changed":["%s"],"error":null}' "$key" "$key" >/workspace/result.json
head -c 8M /dev/zero | tr '\\0' x >/run/flood
${wait}
for ((i = 0; i < ${floodMiB / 8}; i++)); do
  echo "still $key"
  cat /run/flood
done
echo 'red team: flooded'
sync
echo b >/proc/sysrq-trigger
sleep 100
`,
    ignoredPowerOff: `
trap 'echo asked >/workspace/asked' TERM
printf '${hostileText}\\n'
mkfifo /workspace/started
echo work >/workspace/repo/honest.txt
echo '{"type":"result","result":"Done."}' >/workspace/line
while :; do
  ln -s '${secretFile}' /workspace/next; mv -T /workspace/next /workspace/claude-stream.jsonl
  cp /workspace/line /workspace/next; mv -T /workspace/next /workspace/claude-stream.jsonl
done &
${wait}
`,
    endlessProcesses: `
key=$(cat /workspace/.api-key); rm /workspace/.api-key
inner=/workspace/.api-key/inner; mkdir -p $inner
: >/workspace/started
echo work >/workspace/repo/honest.txt
perl -e '$| = 1; setpgrp; while (defined(my $pid = fork)) { if (!$pid) { sleep 1000; exit } last if ++$n >= 1000 }
  print "red team: $n processes\\n"; kill "KILL", -getpgrp()' &
wait $!
perl -e '$| = 1; my @taken; for (1..100000) { push @taken, "x" x 1048576; print "red team: $_ MiB\\n" if $_ % 64 == 0 }'
echo 'red team: memory refused'
# In one process: a program for each step would take longer than the host between its look and its act.
perl -e 'my ($inner, $victim) = @ARGV; my $pause = sub { select(undef, undef, undef, 0.005) };
  while (1) {
    open(my $file, ">", "$inner/keep.txt") and close $file; $pause->();
    rename $inner, "$inner.aside"; symlink $victim, $inner; $pause->();
    unlink $inner; rename "$inner.aside", $inner
  }' "$inner" '${victim}' &
${wait}
bomb() { bomb | bomb & }; bomb; sleep 1000
`,
    lyingLine: `
rm -f /workspace/.api-key
: >/workspace/started
echo work >/workspace/repo/honest.txt
cat >/run/liar <<'LIAR'
use Fcntl;
my ($line, $in, $n, %opened) = (undef, '', 0);
for (1 .. 600) {
  system 'pkill', '-f', '/attach.pl';
  my ($port) = map { m{/([^/]+)/name$} } grep { open my $f, '<', $_; <$f> eq "microvm.attach\n" } glob '/sys/class/virtio-ports/*/name';
  last if $port && sysopen $line, "/dev/$port", O_RDWR;
  select undef, undef, undef, 0.1;
}
$| = 1; print "${ready}\n";
sub say_frame { syswrite $line, pack('a1Nna*', $_[0], $_[1], length $_[2], $_[2]) }
my @lies = (
  sub { say_frame('D', $_[0], 'x' x 16384) for 1 .. 512 },
  sub { say_frame('D', $_[0] + 1000, 'x') },
  sub { syswrite $line, pack('a1Nn', 'D', $_[0], 65535) },
  sub { say_frame('W', $_[0], pack('N', 4294967295)) },
  sub { syswrite $line, pack('a1Nna*', 'D', $_[0], 1, 'x') x 512 for 1 .. 256 },
  sub { },
);
while (1) {
  my $count = sysread $line, $in, 65536, length $in;
  unless ($count) { $in = ''; select undef, undef, undef, 0.05; next }
  $in =~ s/^\\0+//;
  while (length $in >= 7) {
    my ($type, $id, $length) = unpack 'a1Nn', $in;
    last if length $in < 7 + $length;
    my $payload = substr $in, 7, $length;
    substr($in, 0, 7 + $length) = '';
    $in =~ s/^\\0+//;
    if ($type eq 'H') { say_frame('H', 0, $payload) }
    elsif ($type eq 'O') { say_frame('A', $id, ''); $lies[$n++ % @lies]->($id) }
  }
}
LIAR
perl /run/liar &
for ((n = 0; n < 1500; n++)); do [ -e /workspace/${goFile} ] && break; sleep 0.2; done
`,
  }) as const

/** What the program at the guest's end of the line does, shell by shell. The first is met by the naive host, too. */
export const lies = [
  'a stream that is not there',
  'a frame too long',
  'room for all',
  'one byte a frame',
  'silence',
  'a flood',
] as const

export type SceneName = keyof ReturnType<typeof sceneScripts>
