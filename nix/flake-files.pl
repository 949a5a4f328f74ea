# flake-files.pl REPOSITORY FOLDER: copies what the flake of the repository can read into the new FOLDER: flake.nix, flake.lock and the files that they
# name. Nix copies a flake's folder into its store before it reads a word of it, and with the whole of a large repository that takes longer than all
# else. A flake that is evaluated purely reaches its own folder in two ways only: by a path that stands in its text, or by the value `self`.
# Where such a path is a folder or not there, or goes on as a value from which others could be made, or where `self` is more than one of the flake's outputs,
# FOLDER is not made, the reason is printed and the exit status is 1: then nix has to be shown all of the repository. Lexical rules: https://nix.dev/manual/nix/stable/language/syntax
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Path qw(make_path);

my ($repository, $folder) = @ARGV;
my $most_bytes = 4 * 1024 * 1024;
my $bytes = 0;

sub everything { print "@_\n"; exit 1 }

# ---- tokens --------------------------------------------------------------------------------------------------------

# The text as a list of [kind, text]: name, path, string (a quote and its literal beginning), symbol. What is interpolated into strings is among them,
# between `${` and `}$`.
sub tokens {
    my ($path, $text) = @_;
    my @tokens;
    # For each thing that is open: 'code' with the number of its open braces, or a string with its end.
    my @open = ({ kind => 'code', braces => 0 });
    pos($text) = 0;
    while (pos($text) < length $text) {
        my $in = $open[-1];
        if ($in->{kind} ne 'code') {
            my $is_indented = $in->{kind} eq "''";
            if ($is_indented && $text =~ /\G''(?:\$|'|\\.)/gcs) { next }
            elsif (!$is_indented && $text =~ /\G\\./gcs) { next }
            elsif ($text =~ /\G\$\$/gc) { next }
            elsif ($text =~ /\G\$\{/gc) {
                push @open, { kind => 'code', braces => 0 };
                push @tokens, [symbol => '${'];
            }
            elsif ($text =~ /\G\Q$in->{kind}\E/gc) { pop @open }
            elsif ($text =~ /\G(?:[^\\\$"']+|.)/gcs) { next }
            next;
        }
        next if $text =~ /\G\s+/gc || $text =~ /\G#[^\r\n]*/gc || $text =~ m{\G/\*.*?\*/}gcs;
        if ($text =~ /\G("|'')/gc) {
            push @open, { kind => $1 };
            my ($said) = substr($text, pos $text, 200) =~ /^([^"'\$]*)/;
            push @tokens, [string => qq("$said)];
        }
        elsif ($text =~ m{\G~?[\w.+-]*(?:/[\w.+-]+)*/?(?<=[/\w.+-])\$\{} && $text =~ m{\G~?[\w.+-]*/}) {
            everything("$path: a path with something in it that is not known before");
        }
        elsif ($text =~ m{\G(~?[\w.+-]*(?:/[\w.+-]+)+/?)}gc) { push @tokens, [path => $1] }
        elsif ($text =~ m{\G<[\w.+-]+(?:/[\w.+-]+)*>}gc) { everything("$path: a path that is searched for") }
        # An address as a word of its own, which nix still reads.
        elsif ($text =~ m{\G[A-Za-z][\w+.-]*:[\w%/?:@&=+\$,.!~*'-]+}gc) { push @tokens, [string => '"'] }
        elsif ($text =~ /\G([A-Za-z_][\w'-]*)/gc) { push @tokens, [name => $1] }
        elsif ($text =~ /\G[\d.]*\d/gc) { push @tokens, [number => ''] }
        elsif ($text =~ /\G(\$\{|\.\.\.|.)/gcs) {
            my $symbol = $1;
            $in->{braces} += 1 if $symbol eq '{' || $symbol eq '${';
            if ($symbol eq '}') {
                if ($in->{braces} == 0 && @open > 1) { pop @open; push @tokens, [symbol => '}$']; next }
                $in->{braces} -= 1;
            }
            push @tokens, [symbol => $symbol];
        }
    }
    everything("$path: a text that does not end") if @open > 1;
    return @tokens;
}

# ---- what a text reads ---------------------------------------------------------------------------------------------

# Outputs of a flake are made of its text alone.
my %outputs = map { $_ => 1 } qw(packages legacyPackages devShells lib overlays overlay checks formatter apps);

# What takes a path and gives no other one.
my %takes = map { $_ => 1 } qw(import callPackage readFile importJSON importTOML);
# What reads a flake, or a file by where a text stands.
my $reads = qr/^"?(?:__)?(?:curPos|unsafeGetAttrPos|getFlake|fetchTree|fetchGit|findFile|scopedImport)$/;

# The paths that a text names, each with whether it is more of that language. @_: its path and its tokens.
sub named {
    my ($path, @tokens) = @_;
    my @named;
    my $word = sub { my ($at) = @_; return $at < 0 || $at > $#tokens ? '' : $tokens[$at][1] };
    for my $at (0 .. $#tokens) {
        my ($kind, $text) = @{ $tokens[$at] };
        my ($before, $after) = ($word->($at - 1), $word->($at + 1));
        everything("$path: $text") if $text =~ $reads;
        if ($kind eq 'path') {
            everything("$path: what becomes of $text is not known") unless $takes{$before} || $before eq '${' && $after eq '}$';
            push @named, [$text, $before =~ /^(?:import|callPackage)$/];
        }
        elsif ($kind eq 'string') {
            my $of = $before eq '=' ? $word->($at - 2) : '';
            everything("$path: an input that is a path") if $of eq 'url' && $text =~ m{^"(?:path:|git\+file:|[./])};
            everything("$path: an input that is this flake") if $of eq 'follows' && $text eq '"';
            everything("$path: a builtin by the text of its name") if $before eq '.' && $word->($at - 2) eq 'builtins';
        }
        elsif ($kind ne 'name') { next }
        elsif ($before eq '.') { next }
        elsif ($text eq 'self') {
            next if $before =~ /^[{,]$/ && $after =~ /^[,}]$/;
            next if $after eq '.' && $outputs{ $word->($at + 2) };
            everything("$path: what becomes of self is not known");
        }
        elsif ($text eq 'inputs') {
            next if $after =~ /^[=@]$/ || $before eq '@';
            next if $after eq '.' && $tokens[$at + 2][0] eq 'name' && $word->($at + 2) ne 'self';
            everything("$path: what becomes of all inputs is not known");
        }
    }
    require_formals($path, outputs_at(@tokens), @tokens) if $path eq 'flake.nix';
    return @named;
}

# Where the value of a flake's own `outputs` begins; derivations have attributes of that name, too.
sub outputs_at {
    my (@tokens) = @_;
    my $depth = 0;
    for my $at (0 .. $#tokens - 1) {
        my ($kind, $text) = @{ $tokens[$at] };
        if ($kind eq 'symbol') { $depth += $text =~ /^(?:[\[({]|\$\{)$/ ? 1 : $text =~ /^(?:[\])}]|\}\$)$/ ? -1 : 0 }
        return $at + 2 if $depth == 1 && $kind eq 'name' && $text eq 'outputs' && $tokens[$at + 1][1] eq '=';
    }
    return scalar @tokens;
}

# The arguments of the outputs have `self` among them under no other name.
sub require_formals {
    my ($path, $at, @tokens) = @_;
    my $word = sub { return $_[0] > $#tokens ? '' : $tokens[$_[0]][1] };
    my $name = $word->($at);
    return if $name eq 'inputs' && $word->($at + 1) eq ':';
    # A name of their own that is not used.
    return if $word->($at + 1) eq ':' && 1 == grep { $_->[0] eq 'name' && $_->[1] eq $name } @tokens;
    $at += 2 if $word->($at) eq 'inputs' && $word->($at + 1) eq '@';
    if ($word->($at) eq '{') {
        $at += 1 while $at <= $#tokens && $word->($at) ne '}';
        $at += 1;
        $at += 2 if $word->($at) eq '@' && $word->($at + 1) eq 'inputs';
        return if $word->($at) eq ':';
    }
    everything("$path: outputs whose arguments are not plain");
}

# ---- files ---------------------------------------------------------------------------------------------------------

# What a path below the repository is without `.` and `..`.
sub plain {
    my ($path) = @_;
    my @parts;
    for my $part (split m{/}, $path) {
        next if $part eq '' || $part eq '.';
        if ($part ne '..') { push @parts, $part }
        elsif (!defined pop @parts) { everything("$path leads out of the repository") }
    }
    return join '/', @parts;
}

# Undefined where nothing is there.
sub content {
    my ($path) = @_;
    my $at = $repository;
    for my $part (split m{/}, $path) {
        $at .= "/$part";
        everything("$path is a link") if -l $at;
    }
    return undef unless -e $at;
    everything("$path is no file") unless -f $at;
    $bytes += -s $at;
    everything('It reads large files') if $bytes > $most_bytes;
    open my $file, '<:raw', $at or everything("$path cannot be read: $!");
    local $/;
    return scalar <$file>;
}

my %contents;
my @waiting = (['flake.nix', 1]);
while (my $next = shift @waiting) {
    my ($path, $is_nix) = @$next;
    next if exists $contents{$path};
    my $text = content($path);
    everything("$path is not there") unless defined $text;
    $contents{$path} = $text;
    next unless $is_nix || $path =~ /\.nix$/;
    for my $named (named($path, tokens($path, $text))) {
        my ($to, $is_imported) = @$named;
        everything("$path: $to") if $to =~ m{^[~/]};
        my $found = plain(dirname($path) . "/$to");
        $found .= '/default.nix' if $is_imported && $found ne '' && -d "$repository/$found";
        everything("$path: $to is a folder") if -d "$repository/$found";
        push @waiting, [$found, $is_imported];
    }
}
my $lock = content('flake.lock');
if (defined $lock) {
    everything('flake.lock: an input that is a path') if $lock =~ /"type"\s*:\s*"path"/;
    $contents{'flake.lock'} = $lock;
}

umask 022;
for my $path (sort keys %contents) {
    make_path(dirname("$folder/$path"));
    open my $file, '>:raw', "$folder/$path" or everything("$path cannot be copied: $!");
    print $file $contents{$path};
    close $file or everything("$path cannot be copied: $!");
    # It is part of what nix makes of a file.
    chmod 0755, "$folder/$path" if -x "$repository/$path";
}
