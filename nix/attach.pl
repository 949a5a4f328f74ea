#!/usr/bin/perl
# The guest's end of the line over which the host opens shells here and reaches ports of this guest, many at once.
# attach.pl DEVICE serves a serial port for ever; without an argument, standard input and output are the line, and this ends with it or when
# another one begins.
#
# A frame is a letter, the number of a stream (4 bytes), the length of what follows (2 bytes, at most 16384), and that many bytes. Numbers are
# big-endian. Where a frame would begin, bytes of zero are passed over: the host sends enough of them to end whatever frame its predecessor left
# half sent, and then H with 16 bytes, which closes every stream and is answered with the same. main/machines/attach/frames.ts is the other end.
#   from the host: H; O opens (`shell ROWS COLUMNS`, `port NUMBER`, `ports`, or `ssh` with the key that may log in and the server's own one, see
#   open_ssh); S sets a screen's size (`ROWS COLUMNS`)
#   from here: H; A says that a stream is open
#   both ways: D data; W so many bytes more may be sent (4 bytes); E no more data follows; C closed, here with the reason
use strict;
use warnings;
use Errno qw(EAGAIN EINPROGRESS EINTR);
use Fcntl qw(F_GETFL F_SETFL O_CREAT O_EXCL O_NOCTTY O_NONBLOCK O_RDWR O_WRONLY);
use POSIX ();
use Socket qw(AF_INET AF_INET6 AF_UNIX INADDR_LOOPBACK SOCK_STREAM SOL_SOCKET SO_ERROR IN6ADDR_LOOPBACK pack_sockaddr_in pack_sockaddr_in6);

my $most_payload = 16384;
my $most_streams = 64;
my $most_ports = 64;
# How much each side may send on a stream before the other has taken it.
my $window = 131072;
# No more is read of streams while so much waits for the line.
my $most_waiting = 65536;

my ($tiocsptlck, $tiocgptn, $tiocswinsz) = (0x40045431, 0x80045430, 0x5414);
my $state = $ENV{MICROVM_STATE} // '/run/microvm';
my $workspace = $ENV{MICROVM_WORKSPACE} // '/workspace';
my $home = $ENV{MICROVM_USER_HOME} // '/home/claude';
my $proc = $ENV{MICROVM_PROC} // '/proc';
my $is_root = $> == 0 && !$ENV{MICROVM_SAME_USER};
my $user = $is_root ? 1000 : $>;
my @own_variables = grep { /^MICROVM_/ } keys %ENV;

my ($device) = @ARGV;
my ($from, $to);
my ($received, $waiting) = ('', '');
# By number: handle; kind; incoming, what the host sent and nobody took yet; credit, what the host takes; taken, what it was not told of yet;
# connecting; pid; exited; ended, nothing more comes from the handle; host_ended, nothing more from the host; shut.
my %streams;
my $turn = 0;

$SIG{PIPE} = 'IGNORE';
$SIG{TERM} = sub { exit };
$SIG{CHLD} = sub { };

sub unblock { my $handle = shift; fcntl($handle, F_SETFL, fcntl($handle, F_GETFL, 0) | O_NONBLOCK) }

sub say_frame { my ($type, $id, $payload) = @_; $waiting .= pack('a1Nna*', $type, $id, length $payload, $payload) }

# ---- streams -------------------------------------------------------------------------------------------------------

sub drop {
  my $stream = delete $streams{ $_[0] } or return;
  close $stream->{handle} if $stream->{handle};
  kill 'HUP', -$stream->{pid} if $stream->{pid} && !$stream->{exited};
}

sub close_stream { my ($id, $reason) = @_; say_frame('C', $id, substr($reason // '', 0, 200)); drop($id) }

sub open_stream {
  my ($id, $what) = @_;
  return if $streams{$id};
  return say_frame('C', $id, 'Too much is open in this machine') if keys %streams >= $most_streams;
  if ($what =~ /^shell ([1-9]\d{0,3}) ([1-9]\d{0,3})$/) { open_shell($id, $1, $2) }
  elsif ($what =~ /^port ([1-9]\d{0,4})$/ && $1 < 65536) { open_port($id, $1, AF_INET) }
  elsif ($what eq 'ports') { say_ports($id) }
  elsif ($what =~ /^ssh\n([\x20-\x7e]{1,1000})\n(-----BEGIN OPENSSH PRIVATE KEY-----\n[A-Za-z0-9+\/=\n]+-----END OPENSSH PRIVATE KEY-----\n)$/) {
    open_ssh($id, $1, $2);
  }
  else { say_frame('C', $id, 'This guest does not know what is to be opened') }
}

sub begin { my ($id, %stream) = @_; $streams{$id} = { incoming => '', credit => $window, taken => 0, %stream } }

sub set_size {
  my ($stream, $rows, $columns) = @_;
  my $size = pack('S4', $rows, $columns, 0, 0);
  ioctl($stream->{handle}, $tiocswinsz, $size);
}

sub open_shell {
  my ($id, $rows, $columns) = @_;
  my ($terminal, $number, $unlocked) = (undef, pack('i', 0), pack('i', 0));
  sysopen($terminal, '/dev/ptmx', O_RDWR | O_NOCTTY | O_NONBLOCK)
    && ioctl($terminal, $tiocsptlck, $unlocked) && ioctl($terminal, $tiocgptn, $number)
    or return say_frame('C', $id, "There is no terminal for a shell: $!");
  my $name = '/dev/pts/' . unpack('i', $number);
  chown $user, -1, $name if $is_root;
  my $stream = begin($id, kind => 'shell', handle => $terminal);
  set_size($stream, $rows, $columns);
  my %environment = shell_environment();
  my $pid = fork;
  return close_stream($id, "A shell cannot be started: $!") unless defined $pid;
  become_shell($name, %environment) unless $pid;
  $stream->{pid} = $pid;
  say_frame('A', $id, '');
}

# What the agent works with, where it is at work: without the key that it was given.
sub shell_environment {
  my %environment = (%ENV, LANG => $ENV{LANG} // 'C.UTF-8', XDG_RUNTIME_DIR => "/run/user/$user");
  for my $folder (sort { length $a <=> length $b || $a cmp $b } glob "$proc/[0-9]*") {
    open(my $name, '<', "$folder/comm") or next;
    next unless (<$name> // '') eq "claude\n" && ((stat $folder)[4] // -1) == $user;
    open(my $file, '<', "$folder/environ") or next;
    local $/;
    my $all = <$file> // '';
    next if $all eq '';
    %environment = map { /^([A-Za-z_]\w*)=(.*)$/s ? ($1 => $2) : () } split /\0/, $all;
    last;
  }
  delete @environment{ @own_variables, qw(ANTHROPIC_API_KEY ANTHROPIC_AUTH_TOKEN CLAUDE_CODE_OAUTH_TOKEN) };
  my ($bash) = grep { -x } map { "$_/bash" } split /:/, $ENV{PATH};
  return (%environment, HOME => $home, USER => 'claude', LOGNAME => 'claude', SHELL => $bash // '/bin/sh', TERM => 'xterm-256color');
}

sub begin_program {
  $SIG{$_} = 'DEFAULT' for qw(PIPE TERM CHLD);
  POSIX::setsid();
}

sub become_user {
  return unless $is_root;
  $( = $user;
  $) = "$user $user";
  ($<, $>) = ($user, $user);
  POSIX::_exit(126) if $> != $user || $< != $user;
}

sub become_shell {
  my ($name, %environment) = @_;
  begin_program();
  # The first terminal that the leader of a session opens is the one that controls it.
  sysopen(my $terminal, $name, O_RDWR) or POSIX::_exit(126);
  POSIX::dup2(fileno $terminal, $_) for 0 .. 2;
  become_user();
  chdir "$workspace/repo" or chdir $home or chdir '/';
  %ENV = %environment;
  exec { $environment{SHELL} } 'bash' or POSIX::_exit(127);
}

# An SSH server of the agent's user for this one connection: it listens nowhere, lets in whoever has the private part of the key that the host
# names, and is known to the host by the private key that the host gives it.
sub open_ssh {
  my ($id, $may_enter, $own_key) = @_;
  my ($server) = grep { -x } map { "$_/sshd" } split /:/, $ENV{PATH};
  return say_frame('C', $id, 'This machine has no SSH server') unless defined $server;
  my $folder = "$state/ssh";
  mkdir $_, 0755 for $state, $folder;
  my ($ours, $theirs);
  socketpair($ours, $theirs, AF_UNIX, SOCK_STREAM, 0) && unblock($ours)
    && keep("$folder/host_key", $own_key) && keep("$folder/may_enter", "$may_enter\n") && keep("$folder/config", ssh_settings($folder))
    or return say_frame('C', $id, "An SSH server cannot be started: $!");
  my $pid = fork;
  return say_frame('C', $id, "An SSH server cannot be started: $!") unless defined $pid;
  unless ($pid) {
    begin_program();
    POSIX::dup2(fileno $theirs, $_) for 0 .. 1;
    become_user();
    exec { $server } $server, '-i', '-f', "$folder/config" or POSIX::_exit(127);
  }
  close $theirs;
  begin($id, kind => 'ssh', handle => $ours);
  say_frame('A', $id, '');
}

sub ssh_settings {
  my $folder = shift;
  my %environment = shell_environment();
  # The server sets these by itself.
  delete @environment{qw(USER LOGNAME SHELL TERM PWD OLDPWD SHLVL _)};
  $environment{HOME} = $home;
  my @set = map { "\"$_=$environment{$_}\"" } grep { $environment{$_} !~ /["\\\0-\x1f]/ } sort keys %environment;
  return join "\n", "HostKey $folder/host_key", "AuthorizedKeysFile $folder/may_enter", 'StrictModes no', 'UsePAM no', 'UseDNS no',
    'AuthenticationMethods publickey', 'PasswordAuthentication no', 'KbdInteractiveAuthentication no', 'X11Forwarding no',
    'AllowAgentForwarding no', 'PermitTunnel no', 'PrintMotd no', 'PrintLastLog no', 'LogLevel QUIET', 'AcceptEnv LANG LC_*',
    'Subsystem sftp internal-sftp', "SetEnv @set", '';
}

# A server that starts at this moment finds the whole of it, of this connection or of another one.
sub keep {
  my ($path, $content) = @_;
  my $new = "$path.new";
  unlink $new;
  sysopen(my $file, $new, O_WRONLY | O_CREAT | O_EXCL, 0600) or return;
  chown $user, -1, $new if $is_root;
  return print({$file} $content) && close($file) && rename($new, $path);
}

# Many programs listen at one of the two loopback addresses alone.
sub open_port {
  my ($id, $port, $family) = @_;
  my $address = $family == AF_INET ? pack_sockaddr_in($port, INADDR_LOOPBACK) : pack_sockaddr_in6($port, IN6ADDR_LOOPBACK);
  my $works = socket(my $socket, $family, SOCK_STREAM, 0);
  $works &&= unblock($socket) && (connect($socket, $address) || $! == EINPROGRESS);
  return begin($id, kind => 'port', handle => $socket, port => $port, family => $family, connecting => 1) if $works;
  refused($id, $port, $family);
}

sub refused {
  my ($id, $port, $family) = @_;
  return open_port($id, $port, AF_INET6) if $family == AF_INET;
  say_frame('C', $id, "Nothing listens on port $port of this machine");
}

sub connected {
  my $id = shift;
  my $stream = $streams{$id};
  my $error = unpack('i', getsockopt($stream->{handle}, SOL_SOCKET, SO_ERROR));
  if ($error == 0) {
    delete $stream->{connecting};
    say_frame('A', $id, '');
    return write_stream($id);
  }
  drop($id);
  refused($id, $stream->{port}, $stream->{family});
}

# Where a program of the agent's user listens, for everybody or for this guest itself.
sub say_ports {
  my $id = shift;
  my %ports;
  for my $name ("$proc/net/tcp", "$proc/net/tcp6") {
    open(my $table, '<', $name) or next;
    while (<$table>) {
      my ($address, $port, $owner) = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A \S+ \S+ \S+\s+(\d+)/ or next;
      $ports{ hex $port } = 1 if $owner >= $user && $address =~ /^(?:0+|0100007F|0{24}01000000|0{16}FFFF00000100007F)$/;
    }
  }
  my @sorted = sort { $a <=> $b } keys %ports;
  splice @sorted, $most_ports if @sorted > $most_ports;
  say_frame('A', $id, '');
  say_frame('D', $id, "@sorted") if @sorted;
  say_frame('C', $id, '');
}

# What the stream's handle has to say, as far as the host takes it.
sub read_stream {
  my $id = shift;
  my $stream = $streams{$id};
  my $most = $stream->{credit} < $most_payload ? $stream->{credit} : $most_payload;
  my $count = sysread($stream->{handle}, my $data, $most);
  if ($count) {
    $stream->{credit} -= $count;
    return say_frame('D', $id, $data);
  }
  return if !defined $count && ($! == EINTR || $! == EAGAIN && !$stream->{exited});
  # Of a terminal there is an error where everybody has closed it, and of a shell that has ended nothing more is awaited.
  return close_stream($id, '') if $stream->{kind} eq 'shell' || !defined $count || $stream->{shut};
  say_frame('E', $id, '');
  $stream->{ended} = 1;
}

sub write_stream {
  my $id = shift;
  my $stream = $streams{$id};
  if (length $stream->{incoming}) {
    my $count = syswrite($stream->{handle}, $stream->{incoming}, $most_payload);
    if (!defined $count) { return $! == EAGAIN || $! == EINTR ? undef : close_stream($id, '') }
    substr($stream->{incoming}, 0, $count, '');
    $stream->{taken} += $count;
    if ($stream->{taken} >= $window / 4) { say_frame('W', $id, pack('N', $stream->{taken})); $stream->{taken} = 0 }
  }
  return if length $stream->{incoming} || !$stream->{host_ended} || $stream->{kind} eq 'shell';
  return close_stream($id, '') if $stream->{ended};
  shutdown($stream->{handle}, 1) unless $stream->{shut};
  $stream->{shut} = 1;
}

# ---- the line ------------------------------------------------------------------------------------------------------

sub obey {
  my ($type, $id, $payload) = @_;
  if ($type eq 'H') {
    drop($_) for keys %streams;
    $waiting = '';
    return say_frame('H', 0, $payload);
  }
  return open_stream($id, $payload) if $type eq 'O';
  my $stream = $streams{$id} or return; # It has ended here, and the host does not know yet.
  if ($type eq 'D') { $stream->{incoming} .= $payload; die "more than was agreed\n" if length $stream->{incoming} > $window }
  elsif ($type eq 'W' && length $payload == 4) { $stream->{credit} += unpack('N', $payload) }
  elsif ($type eq 'E') { $stream->{host_ended} = 1; write_stream($id) unless $stream->{connecting} || length $stream->{incoming} }
  elsif ($type eq 'C') { close_stream($id, '') }
  elsif ($type eq 'S' && $payload =~ /^([1-9]\d{0,3}) ([1-9]\d{0,3})$/) { set_size($stream, $1, $2) if $stream->{kind} eq 'shell' }
  else { die "an unknown frame\n" }
}

# False where the line has come to its end.
sub read_line {
  my $count = sysread($from, $received, 65536, length $received);
  return $! == EAGAIN || $! == EINTR unless defined $count;
  return 0 if $count == 0;
  my $at = 0;
  while ($at < length $received) {
    if (substr($received, $at, 1) eq "\0") { pos($received) = $at; $received =~ /\G\0+/g; $at = pos $received; next }
    last if length($received) < $at + 7;
    my ($type, $id, $length) = unpack('a1Nn', substr($received, $at, 7));
    die "a frame that is too long\n" if $length > $most_payload;
    last if length($received) < $at + 7 + $length;
    obey($type, $id, substr($received, $at + 7, $length));
    $at += 7 + $length;
  }
  substr($received, 0, $at, '');
  return 1;
}

sub write_line {
  my $count = syswrite($to, $waiting, 32768);
  return $! == EAGAIN || $! == EINTR unless defined $count;
  substr($waiting, 0, $count, '');
  return 1;
}

# A guest of vfkit does not hear that its host has gone; that another one comes tells it.
sub end_predecessor {
  my $file = "$state/attach.pid";
  if (open(my $known, '<', $file)) {
    my $pid = <$known> // '';
    kill 'TERM', $pid if $pid =~ /^\d+$/ && (readlink("/proc/$pid/exe") // '') eq readlink("/proc/$$/exe");
  }
  open(my $known, '>', $file) or return;
  print $known $$;
}

sub serve_once {
  if (keys %streams) {
    while ((my $pid = waitpid(-1, POSIX::WNOHANG())) > 0) { for (values %streams) { $_->{exited} = 1 if ($_->{pid} // 0) == $pid } }
  }
  my ($readable, $writable) = ('', '');
  vec($readable, fileno $from, 1) = 1;
  vec($writable, fileno $to, 1) = 1 if length $waiting;
  my $has_room = length $waiting < $most_waiting;
  my $patience;
  for my $id (keys %streams) {
    my $stream = $streams{$id};
    my $number = fileno $stream->{handle};
    $patience //= 1 if $stream->{pid};
    if ($stream->{connecting}) { vec($writable, $number, 1) = 1; next }
    vec($writable, $number, 1) = 1 if length $stream->{incoming};
    next unless $has_room && $stream->{credit} > 0 && !$stream->{ended};
    if ($stream->{exited}) { $patience = 0 }
    vec($readable, $number, 1) = 1;
  }
  return 1 if select($readable, $writable, undef, $patience) < 0;
  if (vec($readable, fileno $from, 1)) { return 0 unless read_line() }
  # Whoever was first the last time is last now: one that floods takes no more than its turn.
  my @ids = sort { $a <=> $b } keys %streams;
  $turn = @ids ? ($turn + 1) % @ids : 0;
  for my $id (@ids[ $turn .. $#ids ], @ids[ 0 .. $turn - 1 ]) {
    my $stream = $streams{$id} or next;
    my $number = fileno $stream->{handle};
    if (vec($writable, $number, 1)) { if ($stream->{connecting}) { connected($id); next } write_stream($id) }
    next unless $streams{$id} && !$stream->{connecting} && length $waiting < $most_waiting && $stream->{credit} > 0 && !$stream->{ended};
    read_stream($id) if $stream->{exited} || vec($readable, $number, 1);
  }
  return !length $waiting || write_line();
}

if (defined $device) {
  sysopen($from, $device, O_RDWR | O_NONBLOCK) or die "$device: $!\n";
  $to = $from;
} else {
  ($from, $to) = (\*STDIN, \*STDOUT);
  unblock($_) for $from, $to;
  end_predecessor();
}
while (1) {
  my $goes_on = eval { serve_once() };
  next if $goes_on;
  print STDERR "microvm: the host's line ended: $@" if $@;
  drop($_) for keys %streams;
  ($received, $waiting) = ('', '');
  exit unless defined $device;
  # Nobody is at the other end, or somebody who does not know the protocol.
  select undef, undef, undef, 0.25;
}
