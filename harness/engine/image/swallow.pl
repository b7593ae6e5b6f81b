# Takes the lines that a metascheduler sends to the Almighty, and does nothing with them.
use strict;
use warnings;
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalPort => $ARGV[0], Listen => 64, ReuseAddr => 1) or die "cannot listen: $!";
while (my $client = $server->accept()) {
    1 while <$client>;
    close $client;
}
