package Zygote;

# perl -I. -MZygote=SOCKET PROGRAM: compiles PROGRAM, which stays as it is, then waits on SOCKET. Each connection asks
# for one run: a process forked from here goes on into PROGRAM, as if it had just been started.
#
# A request is fields ended by NUL: stdout, stderr (paths), cwd, number of arguments, arguments, environment (K=V).
# The answer is the wait status, in decimal. A connection that is closed early ends the run.

use strict;
use warnings;
use Socket;

my $socket;

sub import { $socket = $_[1] if defined $_[1]; return }

# The program is compiled when INIT blocks run, and has not begun.
INIT { _serve($socket) if defined $socket }

sub _serve {
    my ($path) = @_;
    socket(my $listener, PF_UNIX, SOCK_STREAM, 0) or die "socket: $!";
    bind($listener, pack_sockaddr_un("$path.new")) or die "bind: $!";
    listen($listener, 64) or die "listen: $!";
    rename("$path.new", $path) or die "rename: $!";
    local $SIG{CHLD} = 'IGNORE';
    while (1) {
        accept(my $connection, $listener) or next;
        my $pid = fork();
        die "fork: $!" if !defined $pid;
        if ($pid == 0) {
            close $listener;
            return if _supervise($connection);
        }
        close $connection;
    }
}

# Returns true in the process that is to run the program, and does not return in its parent.
sub _supervise {
    my ($connection) = @_;
    my $request = '';
    while (sysread($connection, my $chunk, 65536)) {
        $request .= $chunk;
        last if substr($request, -2) eq "\0\0";
    }
    my ($out, $err, $folder, $count, @rest) = split /\0/, $request;
    pipe(my $ended, my $ending) or die "pipe: $!";
    $SIG{CHLD} = sub { syswrite $ending, 'x' };
    my $pid = fork();
    die "fork: $!" if !defined $pid;
    if ($pid == 0) {
        $SIG{CHLD} = 'DEFAULT';
        close $_ for $connection, $ended, $ending;
        setpgrp(0, 0);
        @ARGV = splice(@rest, 0, $count);
        %ENV = map { split /=/, $_, 2 } @rest;
        chdir $folder;
        # A module that was loaded has read oar.conf for its log; the program reads it itself, if it has not been read.
        OAR::Conf::reset_conf() if defined &OAR::Conf::reset_conf;
        open(STDIN, '<', '/dev/null') or die "/dev/null: $!";
        open(STDOUT, '>>', $out) or die "$out: $!";
        open(STDERR, '>>', $err) or die "$err: $!";
        return 1;
    }
    my $watched = '';
    vec($watched, fileno($_), 1) = 1 for $connection, $ended;
    while (1) {
        my $ready = $watched;
        next if select($ready, undef, undef, undef) <= 0;
        last if vec($ready, fileno($ended), 1);
        # Nothing more is ever sent: the one who asked is gone.
        kill 'KILL', -$pid;
        last;
    }
    waitpid($pid, 0);
    syswrite $connection, "$?\n";
    require POSIX;
    POSIX::_exit(0);
}

1;
