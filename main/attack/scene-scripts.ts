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
  }) as const

export type SceneName = keyof ReturnType<typeof sceneScripts>
