// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IChannels} from "../../../src/ledger/interfaces/IChannels.sol";
import {IDepositCollector} from "../../../src/ledger/interfaces/IDepositCollector.sol";
import {Erc3009Collector} from "../../../src/ledger/Erc3009Collector.sol";
import {TestDollar} from "../../../src/ledger/TestDollar.sol";
import {ChannelsTest} from "./ChannelsTest.sol";

contract DepositTest is ChannelsTest {
    function test_deposit_createsThenTopsUp() public {
        IChannels.ChannelConfig memory c = config();
        bytes32 id = channels.getChannelId(c);
        token.mint(payer, 1500);
        vm.prank(payer);
        token.approve(address(collector), 1500);
        vm.expectEmit(CANONICAL);
        emit IChannels.ChannelCreated(id, c);
        vm.expectEmit(CANONICAL);
        emit IChannels.Deposited(id, address(this), 1000, 1000);
        channels.deposit(c, 1000, address(collector), "");
        vm.expectEmit(CANONICAL);
        emit IChannels.Deposited(id, address(this), 500, 1500);
        channels.deposit(c, 500, address(collector), "");
        assertEq(balanceOf(id), 1500);
        assertEq(token.balanceOf(CANONICAL), 1500);
    }

    function test_deposit_failsIfConfigNamesNobody() public {
        for (uint256 i; i < 4; ++i) {
            IChannels.ChannelConfig memory c = config();
            if (i == 0) c.payer = address(0);
            if (i == 1) c.receiver = address(0);
            if (i == 2) c.receiverAuthorizer = address(0);
            if (i == 3) c.token = address(0);
            vm.expectRevert(IChannels.InvalidChannel.selector);
            channels.deposit(c, 1, address(collector), "");
        }
    }

    function testFuzz_deposit_failsIfDelayIsOutOfRange(uint40 delay) public {
        IChannels.ChannelConfig memory c = config();
        c.withdrawDelay = delay;
        if (delay < 900 || delay > 30 days) {
            vm.expectRevert(IChannels.WithdrawDelayOutOfRange.selector);
            channels.deposit(c, 1, address(collector), "");
        } else {
            fund(c, 1);
        }
    }

    function test_deposit_failsIfZeroOrWithoutCollector() public {
        vm.expectRevert(IChannels.ZeroDeposit.selector);
        channels.deposit(config(), 0, address(collector), "");
        vm.expectRevert(IChannels.InvalidCollector.selector);
        channels.deposit(config(), 1, address(0), "");
    }

    function test_deposit_failsIfBalanceOverflows() public {
        fund(config(), type(uint128).max);
        vm.expectRevert(IChannels.DepositOverflow.selector);
        channels.deposit(config(), 1, address(collector), "");
    }

    function test_deposit_failsIfCollectorBringsNothing() public {
        vm.mockCall(address(collector), abi.encodeWithSelector(IDepositCollector.collect.selector), "");
        vm.expectRevert(IChannels.DepositCollectionFailed.selector);
        channels.deposit(config(), 1, address(collector), "");
    }

    function test_deposit_byErc3009AuthorizationIsGoodForOneChannelOnly() public {
        TestDollar dollar = new TestDollar();
        dollar.mint(payer, 1000);
        Erc3009Collector erc3009 = new Erc3009Collector(CANONICAL);
        IChannels.ChannelConfig memory c = config();
        c.token = address(dollar);
        bytes32 id = channels.getChannelId(c);
        bytes32 nonce = keccak256(abi.encode(id, uint256(5)));
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)"
                ),
                payer,
                address(erc3009),
                uint256(1000),
                uint256(0),
                type(uint256).max,
                nonce
            )
        );
        bytes memory signature =
            sign(payerKey, keccak256(abi.encodePacked(hex"1901", dollar.DOMAIN_SEPARATOR(), structHash)));
        bytes memory data = abi.encode(uint256(0), type(uint256).max, uint256(5), signature);

        IChannels.ChannelConfig memory other = c;
        other.salt = bytes32(uint256(8));
        vm.expectRevert();
        channels.deposit(other, 1000, address(erc3009), data);

        c.salt = bytes32(uint256(7));
        channels.deposit(c, 1000, address(erc3009), data);
        assertEq(balanceOf(id), 1000);
        assertEq(dollar.balanceOf(CANONICAL), 1000);
    }

    function test_collector_obeysChannelsOnly() public {
        Erc3009Collector erc3009 = new Erc3009Collector(CANONICAL);
        vm.expectRevert(IDepositCollector.OnlyX402BatchSettlement.selector);
        erc3009.collect(payer, address(token), 1, bytes32(0), "");
        vm.expectRevert(IDepositCollector.InvalidX402BatchSettlementAddress.selector);
        new Erc3009Collector(address(0));
    }
}
